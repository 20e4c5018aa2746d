"""All that is known of a workflow's judge, from the store: what `shadowjudge calibrate` prints."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from judge.calibration.calibrate import Calibration
from judge.calibration.tally import Agreement, agreement
from judge.evidence.record import Compared
from judge.judging.arms import Kin
from judge.outcomes import Outcome, Severity
from judge.statistics.bounds import Estimate
from judge.statistics.rate import bounds
from shadow.store import Store

FEWEST = 5
"""A slice with fewer labels says nothing and is left out."""
_JUDGES = """
SELECT judge, max(judge_model) AS model, count(DISTINCT pair_id) AS pairs,
    count(DISTINCT pair_id) FILTER (order_flip) AS flips,
    count(DISTINCT pair_id) FILTER (outcome = 'undecided') AS undecided,
    sum(input_tokens)::BIGINT AS input_tokens, sum(output_tokens)::BIGINT AS output_tokens
FROM judgements WHERE workflow = $workflow AND epoch = $epoch AND judged_at <= $as_of GROUP BY judge ORDER BY judge
"""
_SEEDED = """
SELECT mutation, outcome, worst, count(DISTINCT seeded_id) AS pairs FROM seeded
WHERE workflow = $workflow AND epoch = $epoch AND seeded_at <= $as_of GROUP BY ALL ORDER BY ALL
"""
_SLICED = """
WITH reviewed AS (
    SELECT pair_id, arg_max(outcome, (reviewed_at, review_id)) AS outcome
    FROM reviews WHERE workflow = $workflow AND reviewed_at <= $as_of
    GROUP BY pair_id HAVING bool_or(reason IN ('random', 'audit', 'confirm'))
),
judged AS (
    SELECT pair_id, outcome FROM verdicts WHERE workflow = $workflow AND epoch = $epoch AND judged_at <= $as_of
    QUALIFY row_number() OVER (PARTITION BY pair_id ORDER BY judged_at, verdict_id) = 1
),
known AS (
    SELECT pair_id, any_value(stratum) AS stratum, any_value(failed) AS failed, any_value(tags) AS tags,
        any_value(length) AS length, any_value(language) AS language
    FROM checked SEMI JOIN judged USING (pair_id)
    WHERE workflow = $workflow AND checks_version = $checks AND checked_at <= $as_of GROUP BY pair_id
)
SELECT judged.outcome AS verdict, reviewed.outcome AS review, stratum, failed, tags, length, language, count(*) AS pairs
FROM judged LEFT JOIN known USING (pair_id) LEFT JOIN reviewed USING (pair_id) GROUP BY ALL
"""


class JudgeSaid(msgspec.Struct, frozen=True):
    """One judge of the panel in this epoch; tokens are None where its server reported none."""

    judge: str | None
    model: str | None
    pairs: int
    flips: int
    undecided: int
    input_tokens: int | None
    output_tokens: int | None


class Seeded(msgspec.Struct, frozen=True):
    """Spoilt answers of one kind: `caught` by the verdict, `flagged` by the worst of both orders.

    What a judge catches of these bounds its sensitivity from above: real defects are subtler.
    """

    mutation: str
    shown: int
    caught: int
    flagged: int
    sensitivity: Estimate


class Slice(msgspec.Struct, frozen=True):
    """The judge against reviewers on a part of the pairs; its bounds are its own, not corrected for how many slices."""

    dimension: str
    value: str
    agreement: Agreement


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A judge whole; `by_severity` tells defects of a severity or worse from the rest."""

    workflow: str
    as_of: datetime
    setup: str | None
    epoch: str | None
    calibration: Calibration
    by_severity: dict[str, Agreement]
    judges: list[JudgeSaid]
    kin: list[Kin]
    seeded: list[Seeded]
    slices: list[Slice]


def judges_said(store: Store, params: Mapping[str, Any]) -> list[JudgeSaid]:
    """A line for each judge that was asked in the epoch."""
    return [JudgeSaid(**row) for row in store.read(_JUDGES, params).to_dicts()]


def by_severity(compared: Sequence[Compared], given: Mapping[str, int]) -> dict[str, Agreement]:
    """The judge against reviewers at each severity."""
    return {str(severity): agreement(compared, given, severity) for severity in Severity}


def seeded(store: Store, params: Mapping[str, Any]) -> list[Seeded]:
    """What became of spoilt answers in the epoch, by mutation, and of all together under `all`."""
    rows = store.read(_SEEDED, params).to_dicts()
    kinds = sorted({row["mutation"] for row in rows})
    parts = {kind: [row for row in rows if row["mutation"] == kind] for kind in kinds}
    return [_seeded(kind, part) for kind, part in parts.items()] + ([_seeded("all", rows)] if rows else [])


def slices(store: Store, params: Mapping[str, Any]) -> list[Slice]:
    """The judge against reviewers by stratum, failed check, tag, length and language, the worst agreement first."""
    compared: dict[tuple[str, str], Counter[tuple[str, str | None]]] = defaultdict(Counter)
    given: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in store.read(_SLICED, params).iter_rows(named=True):
        for place in _places(row):
            given[place][row["verdict"]] += row["pairs"]
            if row["review"] not in (None, Outcome.UNDECIDED):
                compared[place][row["verdict"], Outcome(row["review"]).severity] += row["pairs"]
    found = [
        Slice(*place, agreement([Compared(*key, n) for key, n in counts.items()], given[place]))
        for place, counts in compared.items()
        if counts.total() >= FEWEST
    ]
    return sorted(found, key=lambda each: (each.agreement.agreement.rate or 0.0, each.dimension, each.value))


def _places(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "stratum", row["stratum"] or "not checked"
    for check in row["failed"] or ():
        yield "failed check", check
    for key, value in msgspec.json.decode(row["tags"] or "{}", type=dict[str, str]).items():
        yield f"tag {key}", value
    for name in ("length", "language"):
        if row[name] is not None:
            yield name, row[name]


def _seeded(kind: str, rows: Iterable[Mapping[str, Any]]) -> Seeded:
    shown = caught = flagged = 0
    for row in rows:
        shown += row["pairs"]
        caught += row["pairs"] * (Outcome(row["outcome"]).severity is not None)
        flagged += row["pairs"] * (Outcome(row["worst"]).severity is not None)
    found = bounds(caught, shown)
    return Seeded(kind, shown, caught, flagged, Estimate(caught / shown, float(found.lower), float(found.upper)))
