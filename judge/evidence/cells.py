"""Counts of many workflows by slice at once, in two queries: what slices and the speed of the whole board rest on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from judge.evidence.judged import OFFERED
from shadow.store import Store

DIMENSIONS = ("length", "language", "tools", "week")
MOST_TAGS = 200
"""With more different tags than this, tags are no slices: they are ids."""
_WANTED = """
wanted AS (
    SELECT unnest($workflows) AS workflow, unnest($versions) AS checks_version, unnest($epochs) AS epoch
)
"""
_WEEK = "epoch_us(occurred_at) // 604800000000 AS week"
_BY = "length, language, tools, week, tags"
_MIX = f"""
WITH {_WANTED}
SELECT workflow, fingerprint, stratum, severity, length, language, tools, {_WEEK},
    CASE WHEN $with_tags THEN slice_tags END AS tags, count(*) AS pairs
FROM checked SEMI JOIN wanted USING (workflow, checks_version)
WHERE checked_at <= $as_of GROUP BY ALL
"""
_LABELS = f"""
WITH {_WANTED},
judged AS (
    SELECT v.pair_id, v.workflow, arg_min(coalesce(v.worst, v.outcome), (v.judged_at, v.verdict_id)) AS verdict
    FROM verdicts AS v JOIN wanted USING (workflow, epoch) WHERE v.judged_at <= $as_of GROUP BY ALL
),
reviewed AS (
    SELECT pair_id, workflow, arg_max(outcome, (reviewed_at, review_id)) AS review, {OFFERED} AS offered
    FROM reviews WHERE reviewed_at <= $as_of AND workflow IN (SELECT workflow FROM wanted) GROUP BY ALL
),
examined AS (
    SELECT DISTINCT pair_id, workflow, fingerprint, stratum, length, language, tools, {_WEEK},
        CASE WHEN $with_tags THEN slice_tags END AS tags
    FROM checked SEMI JOIN wanted USING (workflow, checks_version)
    WHERE checked_at <= $as_of AND stratum <> 'settled'
        AND pair_id IN (SELECT pair_id FROM judged UNION ALL SELECT pair_id FROM reviewed)
)
SELECT workflow, fingerprint, stratum, verdict, review, offered, {_BY}, count(*) AS pairs
FROM examined LEFT JOIN judged USING (pair_id, workflow) LEFT JOIN reviewed USING (pair_id, workflow) GROUP BY ALL
"""

_TAGS = "SELECT approx_count_distinct(slice_tags) AS n FROM checked WHERE workflow = $workflow AND checked_at <= $as_of"


class Wanted(NamedTuple):
    """A workflow, and the versions that count: of its checks, and the epoch of its judge."""

    workflow: str
    checks_version: str
    epoch: str | None


class Slice(NamedTuple):
    """A part of a candidate's traffic: all of it where `dimension` is empty."""

    workflow: str
    fingerprint: str
    dimension: str = ""
    value: str = ""


class SliceCounts(msgspec.Struct):
    """What was counted in a slice: settled pairs by severity, open ones by stratum, and labels as in Evidence."""

    settled: dict[str | None, int] = {}
    strata: dict[str, int] = {}
    labels: dict[tuple[str, str | None, str | None, str | None], int] = {}


def cells(store: Store, wanted: Sequence[Wanted], as_of: datetime, with_tags: bool = False) -> dict[Slice, SliceCounts]:
    """The counts of every candidate, whole and by slice. A pair that was stored as checked twice counts twice here."""
    params: dict[str, Any] = {
        "workflows": [each.workflow for each in wanted],
        "versions": [each.checks_version for each in wanted],
        "epochs": [each.epoch or "" for each in wanted],
        "as_of": as_of,
        "with_tags": with_tags,
    }
    found: dict[Slice, SliceCounts] = {}
    for row in store.read(_MIX, params).iter_rows(named=True):
        for part in _slices(row):
            add_mix(found.setdefault(part, SliceCounts()), row)
    for row in store.read(_LABELS, params).iter_rows(named=True):
        for part in _slices(row):
            add_label(found.setdefault(part, SliceCounts()), row)
    return found


def has_few_tags(store: Store, workflow: str, as_of: datetime) -> bool:
    """True when the tags of a workflow can be slices."""
    return int(store.read(_TAGS, {"workflow": workflow, "as_of": as_of}).item()) <= MOST_TAGS


def add_mix(counts: SliceCounts, row: Mapping[str, Any]) -> None:
    """Count checked pairs."""
    if row["stratum"] == "settled":
        counts.settled[row["severity"]] = counts.settled.get(row["severity"], 0) + row["pairs"]
    else:
        counts.strata[row["stratum"]] = counts.strata.get(row["stratum"], 0) + row["pairs"]


def add_label(counts: SliceCounts, row: Mapping[str, Any]) -> None:
    """Count labelled pairs."""
    key = (row["stratum"], row["verdict"], row["review"], row["offered"])
    counts.labels[key] = counts.labels.get(key, 0) + row["pairs"]


def _slices(row: Mapping[str, Any]) -> Iterator[Slice]:
    whole = Slice(row["workflow"], row["fingerprint"])
    yield whole
    for dimension, value in _values(row):
        yield whole._replace(dimension=dimension, value=value)


def _values(row: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for dimension in DIMENSIONS:
        if row[dimension] is not None:
            yield dimension, str(row[dimension])
    if row["tags"]:
        for name, value in msgspec.json.decode(row["tags"], type=dict[str, str]).items():
            yield f"tag {name}", value
