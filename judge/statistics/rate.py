"""Bounds on one Bernoulli rate or one quantile, valid at every look: failed calls, escalation, flips, latency.

The one-component case of judge/statistics/mixture.py: the Beta mixture martingale of Robbins (1970), here with a guess
that favours rates well below the limit where there is one. Vectorised over any shape.
"""

import bisect
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, xlog1py, xlogy

from judge.statistics.components import MOST_GUESS, Components, Floats, components, guess
from judge.statistics.mixture import ALPHA, log_e, lower, upper
from judge.statistics.worst_case import Side

GUESSED_SHARE = 0.25
"""Without knowing better, a rate is guessed at a quarter of its limit."""


class RateBounds(NamedTuple):
    """A rate, 0..1, with its bounds and the evidence that it is below or above its limit; arrays of one shape.

    `estimate` is nan where nothing was observed. Without a limit both logs of evidence are nan.
    """

    estimate: Floats
    lower: Floats
    upper: Floats
    log_e_below: Floats
    log_e_above: Floats


def bounds(k: ArrayLike, n: ArrayLike, *, limit: ArrayLike | None = None, alpha: float = ALPHA) -> RateBounds:
    """The rate behind `k` of `n`, with bounds that hold at every look; nothing observed gives 0 and 1.

    With a `limit` the guess is made for it, so bound and evidence agree: upper < limit exactly when log_e_below exceeds
    ln(1 / alpha), and lower > limit exactly when log_e_above does. Fix the limit before the data: bounds made for
    different limits are different confidence sequences.
    """
    data = trials(k, n, limit)
    shape = data.n.shape[:-1]
    seen = data.n[..., 0] > 0
    if limit is None:
        below = above = np.full(shape, np.nan)
    else:
        at = np.broadcast_to(np.asarray(limit, dtype=np.float64), shape)
        below, above = log_e(data, at, Side.PROMOTE), log_e(data, at, Side.REJECT)
    return RateBounds(
        estimate=np.where(seen, data.estimate[..., 0], np.nan),
        lower=lower(data, alpha),
        upper=np.where(seen, upper(data, alpha), 1.0),
        log_e_below=below,
        log_e_above=above,
    )


def trials(k: ArrayLike, n: ArrayLike, limit: ArrayLike | None = None) -> Components:
    """One component of weight 1 with the guess that `bounds` uses; arrays of shape (..., 1)."""
    n, k = np.broadcast_arrays(np.asarray(n, dtype=np.float64), np.asarray(k, dtype=np.float64))
    a, b = guess(MOST_GUESS if limit is None else GUESSED_SHARE * np.asarray(limit, dtype=np.float64))
    return components(n[..., None], k[..., None], 1.0, a[..., None], b[..., None])


def quantile_ranks(n: int, quantile: float, alpha: float = ALPHA) -> tuple[int | None, int | None]:
    """The ranks, from 1, of the order statistics that bound a quantile of n values at every look; None: n is too small.

    A value above the quantile is a Bernoulli event with rate 1 - quantile, so the rank follows from `bounds` with that
    limit (Howard and Ramdas 2022 treat all quantiles at once). The upper rank's value is at most x exactly when the
    rate of values above x is bounded below 1 - quantile: a limit on the quantile and one on that rate decide alike.
    """
    limit, needed = 1 - quantile, np.log(1 / alpha)
    expected = int(n * limit)
    a, b = (float(value) for value in guess(GUESSED_SHARE * limit))

    def evidence(k: int) -> float:
        """Log E against the rate `limit` itself, on whichever side of it k / n lies."""
        mixed = betaln(a + k, b + n - k) - betaln(a, b)
        return float(mixed - xlogy(k, limit) - xlog1py(n - k, -limit))

    few = bisect.bisect_left(range(expected + 1), True, key=lambda k: evidence(k) <= needed)
    many = expected + 1 + bisect.bisect_left(range(expected + 1, n + 1), True, key=lambda k: evidence(k) > needed)
    return (n + 1 - many if many <= n else None), (n + 1 - few if few > 0 else None)
