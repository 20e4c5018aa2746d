"""A candidate as people look at it beside its readiness: speed, cost of a task done well, confidence, what failed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import polars as pl

from judge.evidence.record import Confidence, Evidence, Latency
from judge.readiness.assess import Readiness
from judge.readiness.escalation import prices
from judge.readiness.line import Line
from judge.statistics.bounds import Estimate
from judge.statistics.rate import bounds, quantile_ranks
from shadow.store import Store

ARMS = ("candidate", "production")
BINS = 10
_OF = "FROM pairs WHERE workflow = $workflow AND fingerprint = $fingerprint AND mirrored_at <= $as_of"
_TIMED = f"SELECT {', '.join(f'count({arm}_time_to_first_token_ms) AS {arm}' for arm in ARMS)} {_OF}"
_ERRORS = f"""
SELECT left(candidate_error, 200) AS error, count(*) AS pairs {_OF} AND candidate_error IS NOT NULL
GROUP BY error ORDER BY pairs DESC, error LIMIT 8
"""
SERIOUS = "major defects"
"""The line whose defects spoil a task: of severity major or worse."""


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate: its readiness for users, and figures beside it.

    `first_token` holds each arm's time to the first token, all zeros where no server tells it. `errors`: error, pairs.
    `usd_a_call` is by arm, None without prices or tokens; `usd_a_task` is what a task without a serious defect costs.
    `confidence`: columns said (the mean confidence of a tenth), pairs, right, lower, upper.
    """

    readiness: Readiness
    first_token: dict[str, Latency]
    errors: pl.DataFrame
    usd_a_call: dict[str, float | None]
    usd_a_task: Estimate | None
    confidence: pl.DataFrame

    @property
    def evidence(self) -> Evidence:
        return self.readiness.evidence


def describe(store: Store, readiness: Readiness) -> Described:
    """What there is to see of the candidate of a readiness, as of its time."""
    evidence = readiness.evidence
    known = prices(readiness.policy, evidence)
    small = known.small if known else None
    return Described(
        readiness=readiness,
        first_token=_first_tokens(store, readiness.workflow, readiness.fingerprint, readiness.as_of),
        errors=store.read(_ERRORS, _params(readiness.workflow, readiness.fingerprint, readiness.as_of)),
        usd_a_call={"candidate": small, "production": known.large if known else None},
        usd_a_task=None if small is None else _a_task(small, readiness.lines),
        confidence=reliability(evidence.confidences),
    )


def reliability(found: Sequence[Confidence]) -> pl.DataFrame:
    """How often answers of a confidence are right, by tenths of it, with bounds that hold at every look. Pure."""
    schema = {"confidence": pl.Float64, "pairs": pl.Int64, "defects": pl.Int64}
    told = pl.DataFrame(
        [(row.confidence, row.pairs, row.defects) for row in found if row.confidence is not None], schema, orient="row"
    )
    tenths = (
        told.group_by((pl.col("confidence") * BINS).floor().clip(0, BINS - 1).alias("tenth"))
        .agg(
            said=(pl.col("confidence") * pl.col("pairs")).sum() / pl.col("pairs").sum(),
            pairs=pl.col("pairs").sum(),
            right=(pl.col("pairs") - pl.col("defects")).sum(),
        )
        .sort("tenth")
    )
    rates = bounds(tenths["right"].to_numpy(), tenths["pairs"].to_numpy())
    return tenths.select(
        "said", "pairs",
        right=pl.Series(np.asarray(rates.estimate), dtype=pl.Float64),
        lower=pl.Series(np.asarray(rates.lower), dtype=pl.Float64),
        upper=pl.Series(np.asarray(rates.upper), dtype=pl.Float64),
    )  # fmt: skip


def _a_task(usd_a_call: float, lines: Sequence[Line]) -> Estimate | None:
    """The cost of a call over the share of calls without a serious defect; None where that share is not bounded."""
    line = next((each for each in lines if each.name == SERIOUS), None)
    if line is None or line.lower is None or line.upper is None or line.upper >= 1:
        return None
    rate = None if line.value is None else usd_a_call / (1 - line.value)
    return Estimate(rate, usd_a_call / (1 - line.lower), usd_a_call / (1 - line.upper))


def _first_tokens(store: Store, workflow: str, fingerprint: str, as_of: datetime) -> dict[str, Latency]:
    params = _params(workflow, fingerprint, as_of)
    timed = store.read(_TIMED, params).to_dicts()[0]
    return {arm: _first_token(store, params, arm, timed[arm]) for arm in ARMS}


def _first_token(store: Store, params: Mapping[str, Any], arm: str, n: int) -> Latency:
    """Order statistics, as for the latency in judge/evidence/gather.py."""
    if not n:
        return Latency()
    lowest, highest = quantile_ranks(n, 0.95)
    ranks = {"p50_ms": -(-n // 2), "p95_ms": -(-n * 19 // 20), "p95_lower_ms": lowest, "p95_upper_ms": highest}
    wanted = {name: rank for name, rank in ranks.items() if rank}
    places = ", ".join(repr((rank - 0.5) / n) for rank in wanted.values())
    sql = f"SELECT unnest(quantile_disc({arm}_time_to_first_token_ms, [{places}])) AS ms {_OF}"
    return Latency(n=n, **dict(zip(wanted, store.read(sql, params)["ms"].to_list(), strict=True)))


def _params(workflow: str, fingerprint: str, as_of: datetime) -> dict[str, Any]:
    return {"workflow": workflow, "fingerprint": fingerprint, "as_of": as_of}
