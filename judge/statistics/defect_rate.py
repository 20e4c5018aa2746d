"""Evidence and bounds for the defect rates of many cells at once. Pure.

The rate is `hard + sum w ...` (judge/statistics/layout.py), in the mix of strata that was observed. Two guards keep the
share of hard defects, which is taken as observed, from deciding on few pairs:

* promote also needs evidence that the hard defects alone are below the budget, as a rate of their own;
* reject counts hard defects up to half of the budget as observed, with 0.9 of alpha; beyond that they must show as a
  rate of their own that they break the budget, with 0.1 of alpha.
"""

import msgspec
import numpy as np

from judge.statistics.components import Components, Floats
from judge.statistics.layout import Layout
from judge.statistics.mixture import edge, log_e
from judge.statistics.worst_case import Side

OPEN_PART, HARD_PART = 0.9, 0.1
ROUNDS = 8


class Evidence(msgspec.Struct, frozen=True, eq=False):
    """Log evidence for one side and the bound that agrees with it, each of shape (cells,)."""

    log_e: Floats
    bound: Floats


def promote(cells: Layout, alpha: float) -> Evidence:
    """That the rates are below their budgets: bound < budget exactly when log_e > ln(1 / alpha)."""
    left = cells.budget - cells.share
    hard = _against(cells.hard, cells.budget, alpha, Side.PROMOTE)
    return Evidence(
        np.minimum(log_e(cells.at(left), left, Side.PROMOTE), hard.log_e),
        np.maximum(np.minimum(cells.share + _ratio(cells, left, alpha, Side.PROMOTE), 1.0), hard.bound),
    )


def reject(cells: Layout, alpha: float) -> Evidence:
    """That the rates are above their budgets: bound > budget exactly when log_e > ln(1 / alpha)."""
    counted = np.minimum(cells.share, cells.budget / 2)
    left = cells.budget - counted
    hard = _against(cells.hard, cells.budget, alpha * HARD_PART, Side.REJECT)
    return Evidence(
        np.maximum(log_e(cells.at(left), left, Side.REJECT) + np.log(OPEN_PART), hard.log_e + np.log(HARD_PART)),
        np.maximum(counted + _ratio(cells, left, alpha * OPEN_PART, Side.REJECT), hard.bound),
    )


def _against(data: Components, budget: Floats, alpha: float, side: Side) -> Evidence:
    bound = np.sum(data.weight * edge(data, alpha, side), axis=-1)
    return Evidence(log_e(data, budget, side), bound)


def _ratio(cells: Layout, threshold: Floats, alpha: float, side: Side) -> Floats:
    """The extreme of sum w p / (1 - factor x q) over the confidence set, where q is the pooled miss rate.

    The extreme is the threshold t at which the extreme of `sum w p + t factor q` is t itself (Dinkelbach 1967); started
    at what the budget leaves, so that it lies below the budget exactly when the evidence exceeds 1 / alpha.
    """
    pooled = cells.data.weight[:, -1] > 0
    found = threshold
    for _ in range(ROUNDS if np.any(pooled) else 1):
        data = cells.at(np.maximum(found, 0.0))
        rates = edge(data, alpha, side)
        open_part = np.sum(data.weight[:, :-1] * rates[:, :-1], axis=-1)
        kept = 1 - cells.data.weight[:, -1] * rates[:, -1]
        found = np.where(kept > open_part, open_part / np.where(kept > open_part, kept, 1.0), 1.0)
    return found
