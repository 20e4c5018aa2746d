"""Answers that were recorded before: a Parquet file of requests and of what a model answered to each.

For a candidate that ran elsewhere (a batch job, a machine without a way to this one), and to mirror traffic once more
with the answers of an earlier run: `shadowjudge export` writes such files. Nothing is called, so a whole poll is
answered at once (connectors.types.Replay).
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field

from connectors.errors import UserError
from connectors.fingerprint import fingerprint
from connectors.types import Completion, Request, ToolCall

NOT_THERE = "no answer to this request is recorded"
_TYPES: dict[str, Any] = {
    "text": pl.String,
    "tool_calls": pl.String,
    "finish_reason": pl.String,
    "refusal": pl.String,
    "model": pl.String,
    "error": pl.String,
    "input_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "latency_ms": pl.Float64,
    "time_to_first_token_ms": pl.Float64,
    "confidence": pl.Float64,
    "dropped_params": pl.List(pl.String),
}
_KEY = ("first", "second")
_AT_ONCE = 10_000
_decode = msgspec.json.Decoder(Request).decode
_calls = msgspec.json.Decoder(list[ToolCall]).decode
_encode = msgspec.json.Encoder().encode


class Settings(BaseModel):
    """A [models.NAME] table of kind "recorded": answers from a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path = Field(
        description="a Parquet file with the column `request` (JSON, scrubbed as in the table pairs) and columns of "
        "the answer: text, tool_calls (JSON), finish_reason, ...; each may begin with candidate_, as in an export"
    )


def connect(name: str, settings: Settings) -> "RecordedModel":
    """The answers in a file, read at once; raises UserError when it cannot be read or holds no recording."""
    where, path = f"models.{name}", settings.path.expanduser()
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
        with pq.ParquetFile(path) as recording:
            columns = _columns(recording.schema_arrow.names, f"{where}: {path}")
            answers = pl.concat([_empty(columns), *_keyed(recording, columns, f"{where}: {path}")])
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise UserError(f"{where}: {path} cannot be read: {reason}; check the path and its rights.") from error
    except pa.ArrowInvalid as error:
        raise UserError(f"{where}: {path} is not a Parquet file: {error}.") from error
    return RecordedModel(name, fingerprint(name, kind="recorded", file=digest), answers)


class RecordedModel:
    """Implements connectors.types.Replay. Keeps of each request two 64-bit hashes, so a million answers fit in memory.

    The first answer that is recorded to a request counts. A request without one is answered with an error.
    """

    def __init__(self, name: str, fingerprint: str, answers: pl.DataFrame) -> None:
        self.name, self.fingerprint = name, fingerprint
        answers = answers.unique(list(_KEY), keep="first", maintain_order=True).sort(_KEY[0])
        self._first, self._second = (answers[key] for key in _KEY)
        self._answers = answers.drop(_KEY)

    def answer_all(self, requests: pl.Series) -> pl.DataFrame:
        """The recorded answer to each request."""
        if not self._answers.height:
            return pl.select(error=pl.repeat(NOT_THERE, requests.len()))
        first, second = _hashes(requests)
        place = self._first.search_sorted(first).clip(0, self._first.len() - 1)
        is_there = (self._first.gather(place) == first) & (self._second.gather(place) == second)
        found = self._answers[place.set(~is_there, None)]
        return found.with_columns(error=pl.when(is_there).then(pl.col("error")).otherwise(pl.lit(NOT_THERE)))

    async def complete(self, request: Request) -> Completion:
        """The recorded answer to one request."""
        [row] = self.answer_all(pl.Series([_encode(request).decode()])).iter_rows(named=True)
        calls, dropped = row.pop("tool_calls", None), row.pop("dropped_params", None)
        return Completion(**row, tool_calls=_calls(calls) if calls else [], dropped_params=dropped or [])

    async def probe(self) -> str:
        return f"{self._answers.height:,} recorded answers"

    async def close(self) -> None:
        """Nothing is open."""


def _columns(names: Sequence[str], where: str) -> dict[str, str]:
    """The file's column for each field of an answer that it has, and for `request`."""
    found = {field: name for field in ("request", *_TYPES) for name in (field, f"candidate_{field}") if name in names}
    if "request" not in found or not {"text", "tool_calls", "error"} & set(found):
        raise UserError(f"{where} needs a column `request`, and `text` or `tool_calls`; it has {', '.join(names)}.")
    return found


def _empty(columns: dict[str, str]) -> pl.DataFrame:
    keys: dict[str, Any] = dict.fromkeys(_KEY, pl.UInt64)
    return pl.DataFrame(schema=keys | {name: kind for name, kind in _TYPES.items() if name in {*columns, "error"}})


def _keyed(recording: pq.ParquetFile, columns: dict[str, str], where: str) -> Iterator[pl.DataFrame]:
    """The answers, a piece of the file at a time, each behind the key of its request; requests are not kept."""
    done = 0
    for batch in recording.iter_batches(_AT_ONCE, columns=list(columns.values())):
        frame = pl.DataFrame(pl.from_arrow(batch)).rename({name: field for field, name in columns.items()})
        try:
            requests = [_encode(_decode(request or "")) for request in frame["request"].cast(pl.String)]
            answers = frame.select(pl.col(field).cast(_TYPES[field]) for field in _TYPES if field in columns)
            for calls in answers["tool_calls"] if "tool_calls" in columns else ():
                _calls(calls or "[]")
        except (msgspec.DecodeError, RecursionError, pl.exceptions.PolarsError) as error:
            raise UserError(f"{where}: rows {done} to {done + frame.height} cannot be read: {error}.") from error
        done += frame.height
        first, second = _hashes(pl.Series(requests, dtype=pl.Binary).cast(pl.String))
        keys = pl.DataFrame({_KEY[0]: first, _KEY[1]: second})
        if "error" not in columns:
            answers = answers.with_columns(error=pl.lit(None, dtype=pl.String))
        yield keys.hstack(answers).select(_empty(columns).columns)


def _hashes(requests: pl.Series) -> tuple[pl.Series, pl.Series]:
    return requests.hash(0), requests.hash(1)
