"""From counts to arrays of components: which rates a mode adds up, their weights and the guesses. Pure.

| mode | promote: the rate is at most | reject: the rate is at least |
|---|---|---|
| clean | hard + sum w p | the same |
| pooled | hard + sum w p / (1 - slack q) | hard + sum w p / (1 - q / slack) |
| local | hard + sum w (p + r) | hard + sum w p: misses only add |

p is the confirmed rate of a stratum, w its share of all pairs, q the judge's miss rate in its pool, r the rate of
defects among the pairs of a stratum that the judge let pass. `rate >= t` for a threshold t means
`sum w p + t slack q >= t` in pooled mode, so q is a component whose weight is a multiple of the threshold.

Guesses are shares of the budget for a mix of strata that is fixed before the labels, not for the mix as observed by
now: a guess that moved with the data would cost the martingale.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from judge.statistics.cell import Mode
from judge.statistics.components import Components, Floats, components, guess
from judge.statistics.counts import Counts, is_mode
from judge.statistics.rate import trials
from judge.statistics.worst_case import Side

MISS_GUESS = (1.0, 9.0)
"""Beta(1, 9) for the judge's miss rate, before the first half of its pool is counted in."""


class Layout(msgspec.Struct, frozen=True, eq=False):
    """Stacked cells. `data` has shape (cells, 2 S + 1): S confirmed rates, S missed rates, the pooled miss rate.

    The weight of the last is for a threshold of 1. `hard` holds the hard defects as one component, shape (cells, 1),
    and `share` their observed share; the others have shape (cells,).
    """

    data: Components
    hard: Components
    share: Floats
    budget: Floats

    def at(self, threshold: Floats) -> Components:
        """The components as they weigh for a threshold of shape (cells,)."""
        weight = self.data.weight.copy()
        weight[:, -1] *= threshold
        return msgspec.structs.replace(self.data, weight=weight)

    def above_budget(self) -> NDArray[np.bool_]:
        """Where the observed rates break the budget."""
        left = self.budget - self.share
        return np.asarray(np.sum(self.at(left).weight * self.data.estimate, axis=-1) > left)

    def take(self, rows: NDArray[np.intp]) -> "Layout":
        """Some of the cells."""
        return Layout(self.data.take(rows), self.hard.take(rows), self.share[rows], self.budget[rows])


def lay_out(counts: Counts, side: Side) -> Layout:
    """The components of many cells; a pending label counts as a defect for promote, and as none for reject.

    Raises ValueError for impossible counts.
    """
    local = (is_mode(counts, Mode.LOCAL) & (side is Side.PROMOTE))[:, None]
    pooled = is_mode(counts, Mode.POOLED)
    flagged = is_mode(counts, Mode.PROVISIONAL)[:, None] | (side is Side.PROMOTE)
    sample, pool = counts.samples, counts.pool
    share = _per(counts.settled, counts.checked)
    weight = _per(sample["pairs"], counts.checked[:, None])
    a, b = guess(counts.guesses * counts.budget[:, None])

    def column(of_pool: Floats) -> Floats:
        return np.where(pooled, of_pool, 0.0)[:, None]

    data = components(
        n=np.hstack([sample["judged"], local * sample["audited"], column(pool["defects"])]),
        k=np.hstack(
            [sample["confirmed"] + flagged * sample["pending"], local * sample["missed"], column(pool["missed"])]
        ),
        weight=np.hstack([weight, local * weight, column(counts.slack if side is Side.PROMOTE else 1 / counts.slack)]),
        a=np.hstack([*a, column(pool["prior_missed"]) + MISS_GUESS[0]]),
        b=np.hstack([*b, column(pool["prior_defects"] - pool["prior_missed"]) + MISS_GUESS[1]]),
    )
    return Layout(data, trials(counts.settled, counts.checked, counts.budget), share, counts.budget)


def _per(part: Floats, whole: Floats) -> Floats:
    shares: Floats = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return shares
