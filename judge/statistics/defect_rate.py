"""Evidence and bounds for the defect rates of many cells at once. Pure.

The rate is `hard + sum w ...` (judge/statistics/layout.py), in the mix of strata that was observed. Two guards keep the
share of hard defects, which is taken as observed, from deciding on few pairs:

* promote also needs evidence that the hard defects alone are below the budget, as a rate of their own;
* reject counts hard defects up to half of the budget as observed, with 0.9 of alpha; beyond that they must show as a
  rate of their own that they break the budget, with 0.1 of alpha.
"""

from typing import NamedTuple

import numpy as np

from judge.statistics.components import Floats
from judge.statistics.layout import Layout
from judge.statistics.mixture import edge, evidence, lower, upper
from judge.statistics.worst_case import Side

OPEN_PART, HARD_PART = 0.9, 0.1
ROUNDS = 12


class Against(NamedTuple):
    """Log evidence against the other side, (cells,), and that side's best explanation, (cells, 2 S + 1)."""

    log_e: Floats
    rates: Floats


def promote(cells: Layout) -> Against:
    """That the rates are below their budgets."""
    left = cells.budget - cells.share
    found, rates = evidence(cells.at(left), left, Side.PROMOTE)
    hard, _ = evidence(cells.hard, cells.budget, Side.PROMOTE)
    return Against(np.minimum(found, hard), rates)


def reject(cells: Layout) -> Against:
    """That the rates are above their budgets."""
    left = cells.budget - hard_counted(cells)
    found, rates = evidence(cells.at(left), left, Side.REJECT)
    hard, _ = evidence(cells.hard, cells.budget, Side.REJECT)
    return Against(np.maximum(found + np.log(OPEN_PART), hard + np.log(HARD_PART)), rates)


def highest(cells: Layout, alpha: float) -> Floats:
    """The upper bounds: below the budget exactly when the evidence of `promote` exceeds ln(1 / alpha)."""
    bound = cells.share + _ratio(cells, cells.budget - cells.share, alpha, Side.PROMOTE)
    return np.maximum(np.minimum(bound, 1.0), upper(cells.hard, alpha))


def lowest(cells: Layout, alpha: float) -> Floats:
    """The lower bounds: above the budget exactly when the evidence of `reject` exceeds ln(1 / alpha).

    Below the budget hard defects count with their own lower bound: one among a few hundred pairs shows nothing yet.
    """
    counted, hard = hard_counted(cells), lower(cells.hard, alpha * HARD_PART)
    open_part = _ratio(cells, cells.budget - counted, alpha * OPEN_PART, Side.REJECT)
    observed = counted + open_part
    bound = np.where(observed > cells.budget, observed, np.minimum(counted, hard) + open_part)
    return np.maximum(bound, hard)


def hard_counted(cells: Layout) -> Floats:
    """The share of hard defects that reject takes as observed: half of the budget at most."""
    return np.minimum(cells.share, cells.budget / 2)


def _ratio(cells: Layout, threshold: Floats, alpha: float, side: Side) -> Floats:
    """The extreme of sum w p / (1 - factor q) over the confidence set, where q is the pooled miss rate.

    The extreme is the threshold t at which the extreme of `sum w p + t factor q` is t itself (Dinkelbach 1967); started
    at what the budget leaves, so that it lies on that side of the budget which the evidence says.
    """
    found = _at_threshold(cells, threshold, alpha, side)
    rows = np.flatnonzero(cells.data.weight[:, -1])
    for _ in range(ROUNDS):
        if not rows.size:
            break
        before = found[rows]
        found[rows] = _at_threshold(cells.take(rows), before, alpha, side)
        rows = rows[np.abs(found[rows] - before) > 1e-12]
    return found


def _at_threshold(cells: Layout, threshold: Floats, alpha: float, side: Side) -> Floats:
    data = cells.at(np.maximum(threshold, 0.0))
    rates = edge(data, alpha, side)
    confirmed = np.sum(data.weight[:, :-1] * rates[:, :-1], axis=-1)
    kept = 1 - cells.data.weight[:, -1] * rates[:, -1]
    return np.where(kept > confirmed, confirmed / np.where(kept > confirmed, kept, 1.0), 1.0)
