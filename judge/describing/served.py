"""The judge as it was served: what it said day by day and epoch by epoch, what it costs today, when it last spoke."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import msgspec
import numpy as np
import polars as pl

from judge.calibration.tally import Agreement
from judge.statistics.bounds import Estimate
from judge.statistics.rate import bounds
from shadow.store import Store

DAYS = 60
REACH = 1.959964  # of a normal 95 % interval, in standard errors
SIGNS = ("undecided", "order_flips", "contradictions", "worse")
_BY_DAY = """
SELECT time_bucket(INTERVAL 1 DAY, judged_at) AS day, epoch, max(judge_model) AS judge_model,
    count(DISTINCT pair_id) AS verdicts,
    count(DISTINCT pair_id) FILTER (outcome = 'undecided') AS undecided,
    count(DISTINCT pair_id) FILTER (order_flip) AS order_flips,
    count(DISTINCT pair_id) FILTER (contradicts_itself) AS contradictions,
    count(DISTINCT pair_id) FILTER (starts_with(outcome, 'worse') OR outcome = 'both_bad') AS worse
FROM verdicts WHERE workflow = $workflow AND judged_at >= $since
GROUP BY ALL ORDER BY ALL
"""
# A call of yesterday that was settled today counts for yesterday, as it does for the cap.
_TODAY = """
SELECT model, count(*) FILTER (result <> 'cached') AS calls, count(*) FILTER (result = 'cached') AS cached,
    count(*) FILTER (result IN ('failed', 'open')) AS failed, sum(usd) AS usd,
    count(*) FILTER (usd IS NULL) AS unpriced
FROM (
    SELECT model, coalesce(max(result), 'open') AS result,
        coalesce(max(usd) FILTER (entry = 'settled'), max(usd) FILTER (entry = 'reserved')) AS usd
    FROM ledger WHERE workflow = $workflow AND entered_at >= $since AND purpose IS NULL
    GROUP BY call_id, model HAVING bool_or(entry = 'reserved') OR bool_or(result = 'cached')
)
GROUP BY model ORDER BY model
"""
_LAST = "SELECT max(judged_at) AS moment FROM verdicts WHERE workflow = $workflow"


class Spent(msgspec.Struct, frozen=True):
    """What judging has cost since midnight UTC: `usd` in all, calls under way at their most; None where a price lacks.

    `by_model`: model (the judge's fingerprint), calls, cached, failed, usd, unpriced.
    """

    usd: float | None
    by_model: pl.DataFrame


def by_day(store: Store, workflow: str, now: datetime) -> pl.DataFrame:
    """Verdicts of the last DAYS days by day (UTC) and epoch, and how many of them show each of SIGNS.

    Columns day, epoch, judge_model, sign, verdicts, pairs, and share, lower and upper: bounds that hold at every look.
    """
    counts = store.read(_BY_DAY, {"workflow": workflow, "since": now - timedelta(days=DAYS)})
    long = counts.unpivot(
        SIGNS, index=["day", "epoch", "judge_model", "verdicts"], variable_name="sign", value_name="pairs"
    )
    found = bounds(long["pairs"].to_numpy(), long["verdicts"].to_numpy())
    return long.with_columns(
        share=np.asarray(found.estimate), lower=np.asarray(found.lower), upper=np.asarray(found.upper)
    )


def spent_today(store: Store, workflow: str, now: datetime) -> Spent:
    """What the judges of a workflow have cost on the day of `now`, by model."""
    params: dict[str, Any] = {"workflow": workflow, "since": datetime.combine(now.date(), time(), UTC)}
    found = store.read(_TODAY, params)
    return Spent(None if found["unpriced"].sum() else float(found["usd"].sum()), found)


def last_verdict(store: Store, workflow: str) -> datetime | None:
    """When the judge last said something, whatever its setup."""
    moment: datetime | None = store.read(_LAST, {"workflow": workflow}).item()
    return moment


def kappa_range(found: Agreement) -> Estimate | None:
    """Cohen's kappa with its 95 % range, for one look; None where kappa is not defined."""
    if found.kappa is None:
        return None
    reach = REACH * (found.kappa_error or 0.0)
    return Estimate(found.kappa, max(-1.0, found.kappa - reach), min(1.0, found.kappa + reach))
