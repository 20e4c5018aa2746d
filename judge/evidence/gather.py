"""Read the evidence on a candidate. Every read is bounded by `as_of`, so that the same question has one answer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from judge.evidence.judged import judge_record, labels, newest_epoch, reviews
from judge.evidence.record import CheckCount, Decision, Evidence, Intake, Latency, SettledCount, Tokens, Versions
from judge.outcomes import Stratum
from judge.signing.chain import history
from judge.statistics.bounds import quantile_ranks
from shadow.store import Store

GRACE = timedelta(minutes=1)
_FATES = """
WITH fates AS (
    SELECT topic, "partition", "offset", workflow, 'paired' AS fate, mirrored_at AS fated_at FROM pairs
    UNION ALL
    SELECT topic, "partition", "offset", workflow, CASE reason WHEN 'shed' THEN 'shed' ELSE 'skipped' END, skipped_at
    FROM skipped
    UNION ALL
    SELECT topic, "partition", "offset", NULL, 'rejected', rejected_at FROM rejected
    UNION ALL
    SELECT topic, "partition", "offset", workflow, 'erased', mirrored_at FROM erased
)
"""
_INTAKE = f"""{_FATES}
SELECT fate, count(DISTINCT (topic, "partition", "offset")) AS records FROM fates
WHERE fated_at <= $as_of AND fate <> 'erased' AND (workflow = $workflow OR fate = 'rejected') GROUP BY fate
"""
# A gap below an offset that was stored a minute ago is no longer in flight.
_MISSING = f"""{_FATES},
spans AS (
    SELECT topic, "partition", min("offset") AS low, max("offset") AS high
    FROM fates WHERE fated_at <= $overdue_at GROUP BY ALL
),
present AS (
    SELECT topic, "partition", count(DISTINCT "offset") AS records
    FROM fates JOIN spans USING (topic, "partition")
    WHERE fated_at <= $as_of AND "offset" BETWEEN low AND high GROUP BY ALL
)
SELECT coalesce(sum(high - low + 1 - records), 0)::BIGINT AS missing FROM spans JOIN present USING (topic, "partition")
"""
_ARMS = ", ".join(
    f"""count({arm}_latency_ms) FILTER ({arm}_error IS NULL) AS {arm}_timed,
    coalesce(sum({arm}_input_tokens), 0)::BIGINT AS {arm}_input,
    coalesce(sum({arm}_output_tokens), 0)::BIGINT AS {arm}_output,
    count(*) FILTER ({arm}_output_tokens IS NULL) AS {arm}_unreported"""
    for arm in ("candidate", "production")
)
_PAIRS_OF = "FROM pairs WHERE workflow = $workflow AND fingerprint = $fingerprint AND mirrored_at <= $as_of"
_PAIRS = f"""
SELECT count(DISTINCT pair_id) AS captured, count(*) - count(DISTINCT pair_id) AS repeats,
    count(DISTINCT pair_id) FILTER (scrub_version = '') AS unscrubbed,
    count(DISTINCT pair_id) FILTER (candidate_error IS NOT NULL) AS candidate_errors,
    min(inclusion_probability) AS low, max(inclusion_probability) AS high,
    list(DISTINCT scrub_version) AS scrub, list(DISTINCT production_model) AS production_models, {_ARMS}
{_PAIRS_OF}
"""
_CHECKED = "workflow = $workflow AND fingerprint = $fingerprint AND checks_version = $checks AND checked_at <= $as_of"
_STRATA = f"""
SELECT stratum, severity, count(DISTINCT pair_id) AS pairs FROM checked WHERE {_CHECKED} GROUP BY ALL ORDER BY ALL
"""
_OVERDUE = f"""
SELECT count(DISTINCT pair_id) AS overdue {_PAIRS_OF} AND mirrored_at <= $overdue_at
    AND pair_id NOT IN (SELECT pair_id FROM checked WHERE {_CHECKED})
"""
_CHECKS = f"""
SELECT check_name AS "check", status, count(DISTINCT pair_id) AS pairs FROM check_results WHERE {_CHECKED}
GROUP BY ALL ORDER BY ALL
"""


def gather(store: Store, workflow: str, fingerprint: str, checks_version: str, as_of: datetime) -> Evidence:
    """The evidence at `as_of` (UTC) on one candidate, as one set of checks saw it."""
    params: dict[str, Any] = {
        "workflow": workflow,
        "fingerprint": fingerprint,
        "checks": checks_version,
        "as_of": as_of,
        "overdue_at": as_of - GRACE,
    }
    params["epoch"] = epoch = newest_epoch(store, params)
    pairs = store.read(_PAIRS, params).to_dicts()[0]
    strata = store.read(_STRATA, params).to_dicts()
    return Evidence(
        workflow=workflow,
        fingerprint=fingerprint,
        as_of=as_of,
        intake=_intake(store, params, pairs["repeats"]),
        captured=pairs["captured"],
        unscrubbed=pairs["unscrubbed"],
        candidate_errors=pairs["candidate_errors"],
        inclusion=None if pairs["low"] is None else (pairs["low"], pairs["high"]),
        checked=sum(row["pairs"] for row in strata),
        overdue=int(store.read(_OVERDUE, params).item()),
        checks=[CheckCount(**row) for row in store.read(_CHECKS, params).to_dicts()],
        settled=[SettledCount(row["severity"], row["pairs"]) for row in strata if row["stratum"] == Stratum.SETTLED],
        strata={row["stratum"]: row["pairs"] for row in strata if row["stratum"] != Stratum.SETTLED},
        labels=labels(store, params),
        reviews=reviews(store, params),
        judge=judge_record(store, params),
        candidate_latency=_latency(store, params, "candidate", pairs["candidate_timed"]),
        production_latency=_latency(store, params, "production", pairs["production_timed"]),
        candidate_tokens=_tokens(pairs, "candidate"),
        production_tokens=_tokens(pairs, "production"),
        decisions=_decisions(store, workflow, as_of),
        versions=Versions(
            checks=checks_version,
            epoch=epoch,
            scrub=_known(pairs["scrub"]),
            production_models=_known(pairs["production_models"]),
        ),
    )


def _intake(store: Store, params: Mapping[str, Any], repeats: int) -> Intake:
    fates = dict(store.read(_INTAKE, params).iter_rows())
    return Intake(**fates, missing=int(store.read(_MISSING, params).item()), repeats=repeats)


def _latency(store: Store, params: Mapping[str, Any], arm: str, n: int) -> Latency:
    """Order statistics of the latency of answered calls; a failed call has no latency, and is counted elsewhere."""
    lowest, highest = quantile_ranks(n, 0.95)
    ranks = {"p50_ms": -(-n // 2), "p95_ms": -(-n * 19 // 20), "p95_lower_ms": lowest, "p95_upper_ms": highest}
    wanted = {name: rank for name, rank in ranks.items() if rank}
    if not n:
        return Latency()
    # Half a rank down: quantile_disc(q) gives the value at rank ceil(q n), whatever the rounding of q.
    columns = ", ".join(
        f"quantile_disc({arm}_latency_ms, {(rank - 0.5) / n!r}) AS {name}" for name, rank in wanted.items()
    )
    sql = f"SELECT {columns} {_PAIRS_OF} AND {arm}_error IS NULL AND {arm}_latency_ms IS NOT NULL"
    return Latency(n=n, **store.read(sql, params).to_dicts()[0])


def _tokens(pairs: Mapping[str, Any], arm: str) -> Tokens:
    return Tokens(pairs[f"{arm}_input"], pairs[f"{arm}_output"], pairs[f"{arm}_unreported"])


def _decisions(store: Store, workflow: str, as_of: datetime) -> list[Decision]:
    return [
        Decision(signed.number, signed.fingerprint, signed.phase, signed.decision, signed.signed_at)
        for signed in history(store)
        if signed.workflow == workflow and signed.signed_at <= as_of
    ]


def _known(values: list[str | None] | None) -> list[str]:
    return sorted(value for value in values or [] if value)
