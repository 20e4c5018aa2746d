"""Counts of many workflows by slice at once, in two queries: what slices and the speed of the whole board rest on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import polars as pl

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
# What is not wanted is left out after counting: a look at ten million rows less. `{tags}` and `{only}` are of `_sql`.
_MIX = f"""
WITH {_WANTED},
counted AS (
    SELECT workflow, checks_version, fingerprint, stratum, severity, length, language, tools, {_WEEK},
        {{tags}} AS tags, count(*) AS pairs
    FROM checked WHERE checked_at <= $as_of {{only}} GROUP BY ALL
)
SELECT * EXCLUDE (checks_version) FROM counted SEMI JOIN wanted USING (workflow, checks_version)
"""
_SAID = f"""
WITH {_WANTED},
judged AS (
    SELECT v.pair_id, v.workflow, arg_min(coalesce(v.worst, v.outcome), (v.judged_at, v.verdict_id)) AS verdict
    FROM verdicts AS v JOIN wanted USING (workflow, epoch) WHERE v.judged_at <= $as_of GROUP BY ALL
),
reviewed AS (
    SELECT pair_id, workflow, arg_max(outcome, (reviewed_at, review_id)) AS review, {OFFERED} AS offered
    FROM reviews WHERE reviewed_at <= $as_of AND workflow IN (SELECT workflow FROM wanted) GROUP BY ALL
),
spoken AS MATERIALIZED (SELECT pair_id FROM judged UNION SELECT pair_id FROM reviewed),
found AS (
    SELECT DISTINCT pair_id, workflow, checks_version, fingerprint, stratum, length, language, tools, {_WEEK},
        {{tags}} AS tags
    FROM checked SEMI JOIN spoken USING (pair_id)
    WHERE checked_at <= $as_of AND stratum <> 'settled' {{only}}
),
examined AS (SELECT * EXCLUDE (checks_version) FROM found SEMI JOIN wanted USING (workflow, checks_version))
"""
_LABELS = f"""{_SAID}
SELECT workflow, fingerprint, stratum, verdict, review, offered, {_BY}, count(*) AS pairs
FROM examined LEFT JOIN judged USING (pair_id, workflow) LEFT JOIN reviewed USING (pair_id, workflow) GROUP BY ALL
"""
_EACH = f"""{_SAID}
SELECT pair_id, workflow, fingerprint, stratum, verdict, review, offered, {_BY}
FROM examined LEFT JOIN judged USING (pair_id, workflow) LEFT JOIN reviewed USING (pair_id, workflow)
"""
_NEW = {
    "mix": _MIX.replace("WHERE checked_at <= $as_of", "WHERE checked_at > $since AND checked_at <= $as_of"),
    "verdicts": f"""
    WITH {_WANTED}
    SELECT pair_id, occurred_at, coalesce(worst, outcome) AS outcome
    FROM verdicts SEMI JOIN wanted USING (workflow, epoch)
    WHERE judged_at > $since AND judged_at <= $as_of ORDER BY judged_at, verdict_id
    """,
    "reviews": f"""
    WITH {_WANTED}
    SELECT pair_id, occurred_at, outcome, reason FROM reviews SEMI JOIN wanted USING (workflow)
    WHERE reviewed_at > $since AND reviewed_at <= $as_of ORDER BY reviewed_at, review_id
    """,
}
_OF_PAIRS = f"""
WITH {_WANTED}
SELECT DISTINCT pair_id, workflow, fingerprint, stratum, length, language, tools, {_WEEK}, {{tags}} AS tags
FROM checked SEMI JOIN wanted USING (workflow, checks_version)
WHERE checked_at <= $as_of AND stratum <> 'settled'
    AND occurred_at BETWEEN $earliest AND $latest AND pair_id IN (SELECT unnest($ids))
"""
_TAGS = """
SELECT workflow FROM checked WHERE checked_at <= $as_of AND list_contains($workflows, workflow)
GROUP BY workflow HAVING approx_count_distinct(slice_tags) <= $most
"""


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
    params = _params(wanted, as_of)
    found: dict[Slice, SliceCounts] = {}
    for row in store.read(_sql(_MIX, wanted, with_tags), params).iter_rows(named=True):
        for part in parts_of(row):
            add_mix(found.setdefault(part, SliceCounts()), row)
    for row in store.read(_sql(_LABELS, wanted, with_tags), params).iter_rows(named=True):
        for part in parts_of(row):
            add_label(found.setdefault(part, SliceCounts()), row)
    return found


def read_said(store: Store, wanted: Sequence[Wanted], as_of: datetime, with_tags: bool) -> pl.DataFrame:
    """A row for each open pair that the judge or a person has spoken of."""
    return store.read(_sql(_EACH, wanted, with_tags), _params(wanted, as_of))


def read_slices(
    store: Store, wanted: Sequence[Wanted], pairs: Mapping[str, datetime], as_of: datetime, with_tags: bool
) -> pl.DataFrame:
    """Stratum and slices of some open pairs, given with the times of their calls."""
    times = list(pairs.values()) or [as_of]
    where = {"ids": list(pairs), "earliest": min(times), "latest": max(times)}
    return store.read(_sql(_OF_PAIRS, wanted, with_tags), _params(wanted, as_of) | where)


def in_window(
    store: Store, what: str, wanted: Sequence[Wanted], since: datetime, as_of: datetime, with_tags: bool
) -> list[dict[str, Any]]:
    """What was stored after `since` and up to `as_of`: `mix`, `verdicts` or `reviews`, in the order it was said."""
    return store.read(_sql(_NEW[what], wanted, with_tags), _params(wanted, as_of) | {"since": since}).to_dicts()


def _sql(template: str, wanted: Sequence[Wanted], with_tags: bool) -> str:
    """A query with or without tags; that of one workflow reads only its rows."""
    one = "AND workflow = ($workflows)[1]" if len({each.workflow for each in wanted}) == 1 else ""
    return template.format(tags="slice_tags" if with_tags else "NULL::VARCHAR", only=one)


def _params(wanted: Sequence[Wanted], as_of: datetime) -> dict[str, Any]:
    return {
        "workflows": [each.workflow for each in wanted],
        "versions": [each.checks_version for each in wanted],
        "epochs": [each.epoch or "" for each in wanted],
        "as_of": as_of,
    }


def with_few_tags(store: Store, workflows: Sequence[str], as_of: datetime) -> set[str]:
    """The workflows whose tags can be slices."""
    found = store.read(_TAGS, {"workflows": list(workflows), "as_of": as_of, "most": MOST_TAGS})
    return set(found["workflow"].to_list())


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
    if not counts.labels[key]:
        del counts.labels[key]


def parts_of(row: Mapping[str, Any]) -> Iterator[Slice]:
    """The whole of the candidate's traffic, and every slice that a row is in."""
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
