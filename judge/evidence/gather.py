"""Read the evidence on a candidate. Every read is bounded by `as_of`, so that the same question has one answer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from judge.degenerate.measuring import newest
from judge.evidence.crossings import crossings
from judge.evidence.judged import judge_record, labels, lately, newest_epoch, pool, reviews
from judge.evidence.measured import confidences, noise
from judge.evidence.record import (
    CheckCount,
    Decision,
    Evidence,
    Intake,
    JudgeRecord,
    Latency,
    Pace,
    SettledCount,
    Textless,
    Tokens,
    Versions,
)
from judge.outcomes import Stratum
from judge.signing.chain import history
from judge.signing.standing import recorded_terms
from judge.statistics.rate import quantile_ranks
from shadow.bits import FATES, blocks, lacking
from shadow.leaks import leakage
from shadow.store import Store

GRACE = timedelta(minutes=1)
DAY = timedelta(days=1)
_OURS = "fated_at <= $as_of AND fate <> 'erased' AND (workflow = $workflow OR fate = 'rejected')"
_INTAKE = f"""
SELECT fate, sum(bit_count(bits))::BIGINT AS records FROM ({blocks(FATES, _OURS, by=("fate",))}) GROUP BY fate
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
_ARMS = ", ".join(
    f"""count({arm}_latency_ms) FILTER ({arm}_error IS NULL) AS {arm}_timed,
    coalesce(sum({arm}_input_tokens), 0)::BIGINT AS {arm}_input,
    coalesce(sum({arm}_output_tokens), 0)::BIGINT AS {arm}_output,
    count(*) FILTER ({arm}_output_tokens IS NULL) AS {arm}_unreported"""
    for arm in ("candidate", "production")
)
_OF = "workflow = $workflow AND fingerprint = $fingerprint AND mirrored_at <= $as_of"
_PAIRS_OF = f"FROM pairs WHERE {_OF}"
_PAIRS = f"""
SELECT count(*) AS stored, count(*) FILTER (scrub_version = '') AS unscrubbed,
    count(*) FILTER (candidate_error IS NOT NULL) AS candidate_errors,
    count(*) FILTER (examined_by IS NOT NULL) AS textless,
    count(*) FILTER (examined_by <> $checks) AS other_checks,
    count(DISTINCT epoch_us(occurred_at) // 86400000000) AS days,
    count(DISTINCT epoch_us(occurred_at) // 3600000000 % 24) AS hours,
    count(*) FILTER (mirrored_at > $day_ago) AS lately,
    min(inclusion_probability) AS low, max(inclusion_probability) AS high,
    list(DISTINCT scrub_version) AS scrub, list(DISTINCT production_model) AS production_models, {_ARMS}
{_PAIRS_OF}
"""
_CAPTURED = f"SELECT coalesce(sum(bit_count(bits)), 0)::BIGINT AS captured FROM ({blocks('pairs', _OF)})"
# Asked only where something was stored twice: comparing ids is what takes long.
_DISTINCT = f"""
SELECT count(DISTINCT pair_id) FILTER (scrub_version = '') AS unscrubbed,
    count(DISTINCT pair_id) FILTER (candidate_error IS NOT NULL) AS candidate_errors,
    count(DISTINCT pair_id) FILTER (examined_by IS NOT NULL) AS textless,
    count(DISTINCT pair_id) FILTER (examined_by <> $checks) AS other_checks
{_PAIRS_OF}
"""
_CHECKED = "workflow = $workflow AND fingerprint = $fingerprint AND checks_version = $checks AND checked_at <= $as_of"
_STRATA = f"""
SELECT stratum, severity, sum(bit_count(bits))::BIGINT AS pairs, sum(n)::BIGINT AS stored
FROM ({blocks("checked", _CHECKED, by=("stratum", "severity"))}) GROUP BY ALL ORDER BY ALL
"""
_DISTINCT_STRATA = f"""
SELECT stratum, severity, count(DISTINCT pair_id) AS pairs FROM checked WHERE {_CHECKED} GROUP BY ALL ORDER BY ALL
"""
_LEFT_OPEN = f"""
SELECT count(DISTINCT pair_id) AS pairs FROM checked WHERE {_CHECKED} AND textless AND stratum <> 'settled'
"""
_CHECKABLE = f"{_OF} AND mirrored_at <= $overdue_at AND (examined_by IS NULL OR examined_by = $checks)"
_OVERDUE = f"""
SELECT coalesce(sum(lacking), 0)::BIGINT AS overdue
FROM ({lacking(blocks("pairs", _CHECKABLE), blocks("checked", _CHECKED))})
"""
_CHECKS = f"""
SELECT check_name AS "check", status, count(DISTINCT pair_id) AS pairs FROM check_results WHERE {_CHECKED}
GROUP BY ALL ORDER BY ALL
"""


def gather(
    store: Store,
    workflow: str,
    fingerprint: str,
    checks_version: str,
    setup: str | None,
    as_of: datetime,
    missing: int | None = None,
) -> Evidence:
    """The evidence at `as_of` (UTC) on one candidate, as one set of checks and one setup of the judge saw it.

    `missing` is what `missing_records` says of that time, for who asks about many candidates at once.
    """
    if missing is None:
        missing = missing_records(store, as_of)
    params: dict[str, Any] = {
        "workflow": workflow,
        "fingerprint": fingerprint,
        "checks": checks_version,
        "setup": setup,
        "as_of": as_of,
        "overdue_at": as_of - GRACE,
        "day_ago": as_of - DAY,
    }
    params["epoch"] = epoch = newest_epoch(store, params)
    pairs = store.read(_PAIRS, params).to_dicts()[0]
    captured = int(store.read(_CAPTURED, params).item())
    if pairs["stored"] > captured:
        pairs |= store.read(_DISTINCT, params).to_dicts()[0]
    strata = _strata(store, params)
    return Evidence(
        workflow=workflow,
        fingerprint=fingerprint,
        as_of=as_of,
        intake=Intake(
            **dict(store.read(_INTAKE, params).iter_rows()), missing=missing, repeats=pairs["stored"] - captured
        ),
        captured=captured,
        unscrubbed=pairs["unscrubbed"],
        candidate_errors=pairs["candidate_errors"],
        inclusion=None if pairs["low"] is None else (pairs["low"], pairs["high"]),
        checked=sum(row["pairs"] for row in strata),
        overdue=int(store.read(_OVERDUE, params).item()),
        checks=[CheckCount(**row) for row in store.read(_CHECKS, params).to_dicts()],
        settled=_settled(strata),
        strata=_open(strata),
        labels=labels(store, params),
        reviews=reviews(store, params),
        judge=judge_record(store, params),
        candidate_latency=_latency(store, params, "candidate", pairs["candidate_timed"]),
        production_latency=_latency(store, params, "production", pairs["production_timed"]),
        candidate_tokens=_tokens(pairs, "candidate"),
        production_tokens=_tokens(pairs, "production"),
        days=pairs["days"],
        hours=pairs["hours"],
        pace=Pace(pairs=pairs["lately"], **lately(store, params)),
        tells=newest(store, workflow, fingerprint, as_of),
        leakage=leakage(store, workflow, as_of),
        textless=Textless(
            pairs=pairs["textless"], left_open=_left_open(store, params), other_checks=pairs["other_checks"]
        ),
        noise=noise(store, params),
        confidences=confidences(store, params, sum(row["pairs"] for row in strata)),
        crossings=crossings(store, params),
        decisions=_decisions(store, workflow, as_of),
        versions=Versions(
            checks=checks_version,
            setup=setup,
            epoch=epoch,
            scrub=_known(pairs["scrub"]),
            production_models=_known(pairs["production_models"]),
        ),
    )


def counts(
    store: Store, workflow: str, fingerprint: str, checks_version: str, setup: str | None, as_of: datetime
) -> Evidence:
    """The part of the evidence that decides where the next labels tell most: strata, labels and the judge's pool."""
    params: dict[str, Any] = {
        "workflow": workflow,
        "fingerprint": fingerprint,
        "checks": checks_version,
        "setup": setup,
        "as_of": as_of,
    }
    params["epoch"] = epoch = newest_epoch(store, params)
    strata = _strata(store, params)
    return Evidence(
        workflow=workflow,
        fingerprint=fingerprint,
        as_of=as_of,
        checked=sum(row["pairs"] for row in strata),
        settled=_settled(strata),
        strata=_open(strata),
        labels=labels(store, params),
        textless=Textless(left_open=_left_open(store, params)),
        judge=JudgeRecord(pool=pool(store, params)),
        versions=Versions(checks=checks_version, setup=setup, epoch=epoch),
    )


def missing_records(store: Store, as_of: datetime) -> int:
    """Offsets that had no fate at `as_of`, though a later record of their partition had one a minute before."""
    return int(store.read(_MISSING, {"as_of": as_of, "overdue_at": as_of - GRACE}).item())


def _latency(store: Store, params: Mapping[str, Any], arm: str, n: int) -> Latency:
    """Order statistics of the latency of answered calls; a failed call has no latency, and is counted elsewhere."""
    lowest, highest = quantile_ranks(n, 0.95)
    ranks = {"p50_ms": -(-n // 2), "p95_ms": -(-n * 19 // 20), "p95_lower_ms": lowest, "p95_upper_ms": highest}
    wanted = {name: rank for name, rank in ranks.items() if rank}
    if not n:
        return Latency()
    # Half a rank down: quantile_disc(q) gives the value at rank ceil(q n), whatever the rounding of q.
    places = ", ".join(repr((rank - 0.5) / n) for rank in wanted.values())
    sql = f"""
    SELECT unnest(quantile_disc({arm}_latency_ms, [{places}])) AS ms {_PAIRS_OF}
        AND {arm}_error IS NULL AND {arm}_latency_ms IS NOT NULL
    """
    return Latency(n=n, **dict(zip(wanted, store.read(sql, params)["ms"].to_list(), strict=True)))


def _left_open(store: Store, params: Mapping[str, Any]) -> int:
    return int(store.read(_LEFT_OPEN, params).item())


def _strata(store: Store, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Checked pairs by stratum and severity, each pair once."""
    strata = store.read(_STRATA, params).to_dicts()
    if any(row["stored"] > row["pairs"] for row in strata):
        return store.read(_DISTINCT_STRATA, params).to_dicts()
    return strata


def _settled(strata: list[dict[str, Any]]) -> list[SettledCount]:
    return [SettledCount(row["severity"], row["pairs"]) for row in strata if row["stratum"] == Stratum.SETTLED]


def _open(strata: list[dict[str, Any]]) -> dict[str, int]:
    return {row["stratum"]: row["pairs"] for row in strata if row["stratum"] != Stratum.SETTLED}


def _tokens(pairs: Mapping[str, Any], arm: str) -> Tokens:
    return Tokens(pairs[f"{arm}_input"], pairs[f"{arm}_output"], pairs[f"{arm}_unreported"])


def _decisions(store: Store, workflow: str, as_of: datetime) -> list[Decision]:
    return [
        Decision(
            number=signed.number,
            fingerprint=signed.fingerprint,
            phase=signed.phase,
            decision=signed.decision,
            signed_at=signed.signed_at,
            actor=signed.actor,
            authenticated=signed.authenticated,
            terms=recorded_terms(signed.readiness),
        )
        for signed in history(store)
        if signed.workflow == workflow and signed.signed_at <= as_of
    ]


def _known(values: list[str | None] | None) -> list[str]:
    return sorted(value for value in values or [] if value)
