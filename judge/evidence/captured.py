"""Read what the mirror stored: pairs and their tokens, and what became of the source's records."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from judge.evidence.asking import ASKED, GRACE, Asking, Key, Rows
from judge.evidence.record import Tokens
from shadow.bits import FATES, blocks, in_block
from shadow.store import Store

ARMS = ("candidate", "production")
_INTAKE = f"""
WITH {ASKED}
SELECT workflow, fate, sum(bit_count(bits))::BIGINT AS records FROM ({
    blocks(
        FATES,
        "fated_at <= $as_of AND fate <> 'erased' AND (fate = 'rejected' OR workflow IN (SELECT workflow FROM asked))",
        by=("workflow", "fate"),
    )
}) GROUP BY ALL
"""
# A gap below an offset that was stored a minute ago is no longer in flight.
_MISSING = f"""
WITH spans AS (
    SELECT topic, "partition", min("offset") AS low, max("offset") AS high
    FROM {FATES} WHERE fated_at <= $overdue_at GROUP BY ALL
),
present AS (
    SELECT topic, "partition", sum(bit_count(bits)) AS records FROM ({blocks(FATES, "fated_at <= $as_of")}) GROUP BY ALL
),
beyond AS (
    SELECT topic, "partition", count(DISTINCT "offset") AS records
    FROM {FATES} JOIN spans USING (topic, "partition")
    WHERE fated_at > $overdue_at AND fated_at <= $as_of AND "offset" NOT BETWEEN low AND high GROUP BY ALL
)
SELECT coalesce(sum(high - low + 1 - present.records + coalesce(beyond.records, 0)), 0)::BIGINT AS missing
FROM spans JOIN present USING (topic, "partition") LEFT JOIN beyond USING (topic, "partition")
"""
_SUMS = (
    "stored",
    "candidate_errors",
    "lately",
    *(f"{arm}_{of}" for arm in ARMS for of in ("input", "output", "unreported")),
)
_SUMMED = ", ".join(f"sum({name})::BIGINT AS {name}" for name in _SUMS)
_TOKENS = ", ".join(
    f"""coalesce(sum({arm}_input_tokens), 0)::BIGINT AS {arm}_input,
    coalesce(sum({arm}_output_tokens), 0)::BIGINT AS {arm}_output,
    count(*) FILTER ({arm}_output_tokens IS NULL) AS {arm}_unreported"""
    for arm in ARMS
)
_OURS = "pairs SEMI JOIN asked USING (workflow, fingerprint)"
_STORED = "mirrored_at <= $as_of {of_candidate}"
# By hour first: what is distinct among a few thousand rows costs a third of what it costs among all.
_PAIRS = f"""
WITH {ASKED},
hourly AS (
    SELECT workflow, fingerprint, epoch_us(occurred_at) // 3600000000 AS hour, scrub_version, production_model,
        count(*) AS stored, count(*) FILTER (candidate_error IS NOT NULL) AS candidate_errors,
        count(*) FILTER (mirrored_at > $day_ago) AS lately,
        min(inclusion_probability) AS low, max(inclusion_probability) AS high, {_TOKENS}
    FROM {_OURS} WHERE {_STORED} GROUP BY ALL
)
SELECT workflow, fingerprint, count(DISTINCT hour // 24) AS days, count(DISTINCT hour % 24) AS hours,
    coalesce(sum(stored) FILTER (scrub_version = ''), 0)::BIGINT AS unscrubbed,
    list(DISTINCT scrub_version) AS scrub, list(DISTINCT production_model) AS production_models,
    min(low) AS low, max(high) AS high, {_SUMMED}
FROM hourly GROUP BY ALL
"""
# How many rows are one too many. Only blocks with a record that was stored twice are looked at pair by pair: comparing
# ids is what takes long.
_REPEATS = f"""
WITH {ASKED},
doubled AS MATERIALIZED (
    SELECT * FROM ({blocks(_OURS, _STORED, by=("fingerprint",))}) WHERE n > bit_count(bits)
)
SELECT workflow, fingerprint, count(*) - count(DISTINCT pair_id) AS repeats,
    count(*) FILTER (scrub_version = '') - count(DISTINCT pair_id) FILTER (scrub_version = '') AS unscrubbed,
    count(*) FILTER (candidate_error IS NOT NULL) - count(DISTINCT pair_id) FILTER (candidate_error IS NOT NULL)
        AS candidate_errors
FROM {_OURS} SEMI JOIN doubled ON {in_block("pairs", "doubled", ("fingerprint",))}
WHERE {_STORED} GROUP BY ALL
"""
_TEXTLESS = f"""
WITH {ASKED}
SELECT workflow, fingerprint, count(DISTINCT pair_id) AS pairs,
    count(DISTINCT pair_id) FILTER (examined_by <> checks_version) AS other_checks
FROM pairs JOIN asked USING (workflow, fingerprint) WHERE {_STORED} AND examined_by IS NOT NULL GROUP BY ALL
"""
_NONE: dict[str, Any] = {
    "unscrubbed": 0, "days": 0, "hours": 0, "low": None, "high": None, "scrub": [], "production_models": [],
    "repeats": 0, "textless": 0, "other_checks": 0,
    **dict.fromkeys(_SUMS, 0),
}  # fmt: skip
"""What is counted of a candidate without a pair."""


def pairs(asking: Asking) -> Mapping[Key, Mapping[str, Any]]:
    """What is counted of each candidate's pairs, each pair once; `stored` counts the rows, `repeats` those too many."""
    counted, repeated = asking.by_candidate(_PAIRS), asking.by_candidate(_REPEATS)
    textless = asking.by_candidate(_TEXTLESS)
    return {each.key: _counts(*(found.get(each.key, []) for found in (counted, repeated, textless))) for each in
            asking.subjects}  # fmt: skip


def _counts(counted: Rows, repeated: Rows, textless: Rows) -> Mapping[str, Any]:
    found = {**_NONE, **(counted[0] if counted else {})}
    for row in repeated:
        found |= {name: found[name] - row[name] for name in ("unscrubbed", "candidate_errors")}
        found["repeats"] = row["repeats"]
    for row in textless:
        found |= {"textless": row["pairs"], "other_checks": row["other_checks"]}
    return found


def intake(asking: Asking) -> Mapping[str, Mapping[str, int]]:
    """Records by fate of each workflow; those that could not be read are no workflow's and stand with each."""
    found = asking.by_workflow(_INTAKE)
    rejected = sum(row["records"] for rows in found.values() for row in rows if row["fate"] == "rejected")
    shared = {"rejected": rejected} if rejected else {}
    return {
        each.workflow: shared
        | {row["fate"]: row["records"] for row in found.get(each.workflow, []) if row["fate"] != "rejected"}
        for each in asking.subjects
    }


def missing_records(store: Store, as_of: datetime) -> int:
    """Offsets that had no fate at `as_of`, though a later record of their partition had one a minute before."""
    return int(store.read(_MISSING, {"as_of": as_of, "overdue_at": as_of - GRACE}).item())


def tokens(counted: Mapping[str, Any], arm: str) -> Tokens:
    """The tokens of an arm, from the counts of `pairs`."""
    return Tokens(counted[f"{arm}_input"], counted[f"{arm}_output"], counted[f"{arm}_unreported"])
