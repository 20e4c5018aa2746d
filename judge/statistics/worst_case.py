"""The best explanation of the counts that breaks, or keeps, a budget: the maximum of a likelihood under one constraint.

With a multiplier kappa on `sum weight x rate`, each rate is the root of a quadratic (STATISTICS 3: a Lagrangian of
independent binomials, concave, so the stationary point is the maximum). One bisection on log kappa then serves every
cell at once. This is the union-intersection step of stratified election audits (Spertus and Stark, "Sweeter than
SUITE", 2022), solved in closed form.
"""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from judge.statistics.components import Components, Floats
from judge.statistics.crossing import crossing


class Side(StrEnum):
    """What is to be shown: `promote` that the rate is below the budget, `reject` that it is above."""

    PROMOTE = "promote"
    REJECT = "reject"


def rates_at(data: Components, kappa: Floats, side: Side) -> Floats:
    """The likeliest rates when a unit of `sum weight x rate` is worth (promote) or costs (reject) kappa nats.

    `kappa` has shape (...), the rates (..., C). kappa = 0 gives k / n; promote moves rates up, reject down.
    """
    pull = kappa[..., None] * data.weight
    return _up(data, pull) if side is Side.PROMOTE else _down(data, pull)


def _up(data: Components, pull: Floats) -> Floats:
    spare = data.n - pull
    root = np.sqrt(spare * spare + 4 * pull * data.k)
    small = np.divide(2 * data.k, spare + root, out=np.zeros_like(root), where=(spare > 0))
    large = np.divide(root - spare, 2 * pull, out=np.zeros_like(root), where=(spare <= 0) & (pull > 0))
    rates: Floats = np.minimum(np.where(spare > 0, small, large), 1.0)
    return rates


def _down(data: Components, pull: Floats) -> Floats:
    whole = data.n + pull
    root = np.sqrt(np.maximum(whole * whole - 4 * pull * data.k, 0.0))
    rates: Floats = np.divide(2 * data.k, whole + root, out=np.zeros_like(root), where=whole > 0)
    return rates


def total(data: Components, rates: Floats) -> Floats:
    """`sum weight x rate`, shape (...)."""
    summed: Floats = np.sum(data.weight * rates, axis=-1)
    return summed


def least_favourable(data: Components, threshold: Floats, side: Side) -> tuple[Floats, NDArray[np.bool_]]:
    """The likeliest rates with `sum weight x rate` at least (promote) or at most (reject) `threshold`.

    Second: where there are any such rates at all. Of the two ends of the search the one with the higher likelihood is
    taken, so that evidence is understated, never overstated.
    """
    sign = 1.0 if side is Side.PROMOTE else -1.0

    def short(kappa: Floats) -> Floats:
        return sign * (threshold - total(data, rates_at(data, kappa, side)))

    free = short(np.zeros(np.shape(threshold))) <= 0
    kappa = np.where(free, 0.0, crossing(short, np.shape(threshold)).before)
    possible = np.sum(data.weight, axis=-1) >= threshold if side is Side.PROMOTE else threshold >= 0
    return rates_at(data, kappa, side), possible
