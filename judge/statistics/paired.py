"""Is the candidate worse than production by more than a margin? Paired differences, valid at every look. Pure.

Each pair gives X in {-1, 0, +1}, and the claim is about the mean of X. For a value m, prod (1 + lambda (m - X)) is a
non-negative martingale when the mean is m and a supermartingale when it is above, so a mixture over bets lambda is
evidence that the mean is below m (Waudby-Smith and Ramdas 2024, betting). Only three counts matter, so it is vectorised
over cells.

* Noise floor (STATISTICS 7): production is called twice on a sample; X = +1 when only the candidate disagrees with
  production, -1 when only production's second answer does. "Within the floor" when the excess is below a margin.
* Net regression: X = +1 when only production is right, -1 when only the candidate is. A margin of 0.02 allows a loss of
  two points; a candidate that repairs as much as it breaks has a mean of 0.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from judge.statistics.components import Floats
from judge.statistics.mixture import ALPHA

BETS = np.geomspace(0.02, 0.98, 14)
"""Shares of the largest bet that cannot go bankrupt; small ones for small differences and many pairs."""
STEPS = 40


class Paired(NamedTuple):
    """The mean of X in -1..1, its bounds, and log evidence that it is below or above the margin; arrays of one shape.

    `estimate` is nan without pairs. upper < margin exactly when log_e_within exceeds ln(1 / alpha), lower > margin
    exactly when log_e_beyond does.
    """

    estimate: Floats
    lower: Floats
    upper: Floats
    log_e_within: Floats
    log_e_beyond: Floats


def paired(worse: ArrayLike, better: ArrayLike, same: ArrayLike, *, margin: ArrayLike, alpha: float = ALPHA) -> Paired:
    """What `worse` pairs with X = +1, `better` with X = -1 and `same` with X = 0 say of the mean of X.

    Both sides are tested at `alpha` each. Raises ValueError for negative counts or a margin outside -1..1.
    """
    counts = [np.asarray(one, dtype=np.float64) for one in (worse, better, same, margin)]
    plus, minus, zero, at = np.broadcast_arrays(*counts)
    if np.any(plus < 0) or np.any(minus < 0) or np.any(zero < 0):
        raise ValueError("counts must not be negative")
    if np.any(np.abs(at) >= 1):
        raise ValueError("a margin is a difference of shares, between -1 and 1")
    total = plus + minus + zero
    mean = np.divide(plus - minus, total, out=np.full(total.shape, np.nan), where=total > 0)
    return Paired(
        estimate=mean,
        lower=-_upper(minus, plus, zero, alpha),
        upper=_upper(plus, minus, zero, alpha),
        log_e_within=log_e_below(plus, minus, zero, at),
        log_e_beyond=log_e_below(minus, plus, zero, -at),
    )


def log_e_below(plus: Floats, minus: Floats, zero: Floats, value: Floats) -> Floats:
    """The log evidence that the mean of X is below `value`, in -1..1; shape of the counts."""
    bets = BETS / (1 - value[..., None])
    wealth = (
        plus[..., None] * np.log1p(bets * (value[..., None] - 1))
        + minus[..., None] * np.log1p(bets * (value[..., None] + 1))
        + zero[..., None] * np.log1p(bets * value[..., None])
    )
    mixed: Floats = logsumexp(wealth, axis=-1) - np.log(len(BETS))
    return mixed


def _upper(plus: Floats, minus: Floats, zero: Floats, alpha: float) -> Floats:
    """The largest mean that is not excluded: the evidence against a value grows with the value."""
    low, high = np.full(plus.shape, -1.0), np.ones(plus.shape)
    for _ in range(STEPS):
        middle = (low + high) / 2
        excluded = log_e_below(plus, minus, zero, middle) > np.log(1 / alpha)
        low, high = np.where(excluded, low, middle), np.where(excluded, middle, high)
    return high
