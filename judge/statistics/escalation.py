"""When may the small model keep an answer, and when must the large one take over? Learn-then-Test. Pure.

A threshold on a confidence score decides; the risk is that an answer is kept and wrong. Thresholds are tried from the
safest on, each by an exact binomial test of "risk >= budget", until one fails (fixed-sequence testing): the chosen
threshold breaks the budget with probability alpha at most (Angelopoulos and others 2021). A plug-in threshold does so
in half of all calibrations, and conformal risk control promises the average only (STATISTICS 10). Calibrate the score
on other labels.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from judge.statistics.bounds import upper
from judge.statistics.components import Floats
from judge.statistics.mixture import ALPHA


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """Answers scoring at least `score` are kept. `risk` is the share of all that is kept and wrong, of n labels.

    `risk_upper` is its exact upper bound, for one look; `cost` is that of a successful task, None without prices.
    """

    score: float
    escalated: float
    risk: float
    risk_upper: float
    cost: float | None = None


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """USD a task: the small model's call, the large one's, and what judging costs over all tasks."""

    small: float
    large: float
    judging: float = 0.0


class Escalation(msgspec.Struct, frozen=True):
    """The thresholds that hold the budget, safest first, and the one to use; None when none holds.

    `expected` is what conformal risk control would choose: right on average over calibrations, no promise for this one.
    """

    passed: list[Threshold]
    chosen: Threshold | None
    expected: Threshold | None
    labels: int


def escalation(
    scores: ArrayLike,
    wrong: ArrayLike,
    *,
    budget: float,
    thresholds: Sequence[float] | None = None,
    prices: Prices | None = None,
    alpha: float = ALPHA,
) -> Escalation:
    """The threshold for answers with `scores` (higher is surer) of which some are `wrong`, from labels of one look.

    `thresholds` must be fixed before the labels are seen; without them, 50 evenly spaced quantiles of the scores, which
    tell nothing of the labels. Chosen is the cheapest that passed, or the one that escalates least without prices.
    Raises ValueError for scores and labels of different length or a budget outside 0..1.
    """
    score, bad = np.asarray(scores, dtype=np.float64), np.asarray(wrong, dtype=bool)
    if score.shape != bad.shape or score.ndim != 1:
        raise ValueError("scores and labels must be lists of one length")
    if not 0 < budget < 1:
        raise ValueError("the budget is a share between 0 and 1")
    tried = np.unique(
        np.quantile(score, np.linspace(0, 1, 50)) if thresholds is None and score.size else thresholds or []
    )
    safest_first = [_threshold(float(at), score, bad, prices, alpha) for at in tried[::-1]]
    passed: list[Threshold] = []
    for one in safest_first:
        if not score.size or bdtr(round(one.risk * score.size), score.size, budget) > alpha:
            break
        passed.append(one)
    averaged = [one for one in safest_first if (score.size * one.risk + 1) / (score.size + 1) <= budget]
    return Escalation(
        passed=passed,
        chosen=min(passed, key=_preference, default=None),
        expected=min(averaged, key=_preference, default=None),
        labels=int(score.size),
    )


def _threshold(at: float, score: Floats, bad: np.ndarray, prices: Prices | None, alpha: float) -> Threshold:
    kept = score >= at
    failures, n = int(np.sum(kept & bad)), score.size
    risk_upper, escalated = upper(failures, n, alpha), 1 - float(np.mean(kept))
    cost = None
    if prices is not None and risk_upper < 1:
        cost = (prices.small + escalated * prices.large + prices.judging) / (1 - risk_upper)
    return Threshold(score=at, escalated=escalated, risk=failures / n, risk_upper=risk_upper, cost=cost)


def _preference(one: Threshold) -> tuple[float, float]:
    return (one.cost if one.cost is not None else 0.0, one.escalated)
