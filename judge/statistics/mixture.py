"""The stratified mixture e-process: evidence on a weighted sum of rates, and its bounds, valid at every look.

    log E = log marginal(counts) - max { log likelihood(rates) : the rates break the budget }

In words: how much better the data fit what was guessed beforehand than the best explanation that still breaks the
budget. For the true rates, marginal / likelihood is a non-negative martingale with mean 1 under any predictable choice
of what to sample next (a mixture as in Robbins 1970); by Ville's inequality it ever exceeds 1/alpha with probability
alpha at most; and the maximum is at least the likelihood of the truth. Both sides share the one martingale. The whole
vector of rates is covered, so weights may be those observed when the decision is taken.
"""

from typing import NamedTuple

import numpy as np

from judge.statistics.components import Components, Floats, log_likelihood, log_marginal
from judge.statistics.crossing import crossing
from judge.statistics.worst_case import Side, least_favourable, rates_at, total

ALPHA = 0.05


class Interval(NamedTuple):
    """Lower and upper bounds of a rate, each of shape (...); together wrong with probability alpha at most, ever."""

    lower: Floats
    upper: Floats


def log_e(data: Components, threshold: Floats, side: Side) -> Floats:
    """The log of the evidence that `sum weight x rate` is below (promote) or above (reject) `threshold`; shape (...).

    Infinite where no rates at all could lie on the other side. At most 0 while the observed rates do.
    """
    threshold = np.broadcast_to(np.asarray(threshold, dtype=np.float64), data.n.shape[:-1])
    return evidence(data, threshold, side)[0]


def evidence(data: Components, threshold: Floats, side: Side) -> tuple[Floats, Floats]:
    """`log_e`, and the rates (..., C) of the best explanation of the other side, which tell where to look next."""
    rates, possible = least_favourable(data, threshold, side)
    found: Floats = np.where(possible, log_marginal(data) - log_likelihood(data, rates), np.inf)
    return found, rates


def upper(data: Components, alpha: float = ALPHA) -> Floats:
    """The highest `sum weight x rate` not yet excluded: below a budget exactly when E for it exceeds 1 / alpha."""
    return total(data, edge(data, alpha, Side.PROMOTE))


def lower(data: Components, alpha: float = ALPHA) -> Floats:
    """The lowest `sum weight x rate` not yet excluded: above a budget exactly when E for it exceeds 1 / alpha."""
    return total(data, edge(data, alpha, Side.REJECT))


def interval(data: Components, alpha: float = ALPHA) -> Interval:
    """Both bounds of `sum weight x rate`."""
    return Interval(lower(data, alpha), upper(data, alpha))


def edge(data: Components, alpha: float, side: Side) -> Floats:
    """The rates at the rim of the confidence set with the highest (promote) or lowest (reject) sum; shape (..., C)."""
    allowed = log_marginal(data) - np.log(1 / alpha)

    def inside(kappa: Floats) -> Floats:
        spare: Floats = log_likelihood(data, rates_at(data, kappa, side)) - allowed
        return spare

    return rates_at(data, crossing(inside, allowed.shape).after, side)
