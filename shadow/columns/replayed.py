"""From admitted interactions and recorded answers to the rows of pairs, each answer scrubbed."""

import functools
import operator
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec
import polars as pl
import structlog

from connectors.types import Completion, Replay
from shadow.answered import kept
from shadow.columns.admitted import Taken
from shadow.pairs import ANSWER, SCHEMA, answer_columns, answer_of
from shadow.scrub import SCRUB_VERSION, scrub_completions
from shadow.scrub.signs import signs_in
from shadow.types import pair_ids

log = structlog.get_logger()
_TYPES = ANSWER | {"dropped_params": pl.List(pl.String)}
_ALWAYS = {"tool_calls": "[]", "dropped_params": []}
_SCRUBBED = ("text", "refusal", "error", "tool_calls")
_counts = msgspec.json.Decoder(dict[str, int])


def pairs_of(taken: Taken, candidates: Sequence[Replay]) -> pl.DataFrame:
    """A row for each interaction and candidate, with the columns of the `pairs` table.

    An answer that cannot be scrubbed becomes an error and is not kept.
    """
    return pl.concat([_pairs(taken, candidate) for candidate in candidates])


def _pairs(taken: Taken, candidate: Replay) -> pl.DataFrame:
    answers = _answers(candidate, taken.frame["request"])
    pairs = taken.frame.hstack([each.alias(f"candidate_{each.name}") for each in answers]).with_columns(
        pl.Series("pair_id", pair_ids(taken.origins, candidate.fingerprint), dtype=pl.String),
        pl.lit(datetime.now(UTC)).cast(SCHEMA["mirrored_at"]).alias("mirrored_at"),
        fingerprint=pl.lit(candidate.fingerprint),
        scrub_version=pl.lit(SCRUB_VERSION),
        examined_by=pl.lit(None, pl.String),
        examined=pl.lit(None, pl.String),
    )
    return _scrubbed(pairs.select(list(SCHEMA)))


def _answers(candidate: Replay, requests: pl.Series) -> pl.DataFrame:
    """The answers with all columns of a Completion; those of a connector that fails are errors, and nobody stops."""
    try:
        given = candidate.answer_all(requests)
        if given.height != requests.len():
            raise ValueError(f"{requests.len()} requests, {given.height} answers")
        if unknown := set(given.columns) - set(Completion.__struct_fields__):
            raise ValueError(f"columns that no answer has: {sorted(unknown)}")
        return given.select(_column(given, name) for name in _TYPES)
    except Exception as error:  # as with a single call: a bug costs these pairs, is told, and stops nobody
        log.exception("candidate_raised", model=candidate.name)
        failed = pl.select(error=pl.repeat(f"the connector failed: {type(error).__name__}", requests.len()))
        return failed.select(_column(failed, name) for name in _TYPES)


def _column(given: pl.DataFrame, name: str) -> pl.Expr:
    there = pl.col(name) if name in given.columns else pl.lit(None)
    typed = there.cast(_TYPES[name]).alias(name)
    return typed.fill_null(pl.lit(_ALWAYS[name], dtype=_TYPES[name])) if name in _ALWAYS else typed


def _scrubbed(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs with their answers scrubbed: only those with a sign of something to mask are looked at one by one."""
    answers = (pairs[f"candidate_{name}"] for name in _SCRUBBED)
    suspect = functools.reduce(operator.or_, map(signs_in, answers))
    if not suspect.any():
        return pairs
    doubtful = pairs.filter(suspect)
    before = [answer_of(row, "candidate") for row in doubtful.iter_rows(named=True)]
    after = [kept(answer, result) for answer, result in zip(before, scrub_completions(before), strict=True)]
    masked = [_merged(counts, found) for counts, (_, found) in zip(doubtful["scrubbed"], after, strict=True)]
    columns = answer_columns([answer for answer, _ in after], "candidate")
    clean = doubtful.with_columns(*columns, pl.Series("scrubbed", masked, dtype=pl.String))
    return pl.concat([pairs.filter(~suspect), clean])


def _merged(counts: str, found: Mapping[str, int]) -> str:
    return msgspec.json.encode(Counter(_counts.decode(counts)) + Counter(found)).decode() if found else counts
