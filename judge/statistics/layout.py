"""From cells to arrays of components: which rates a mode adds up, their weights and the guesses. Pure.

| mode | promote: the rate is at most | reject: the rate is at least |
|---|---|---|
| clean | hard + sum w p | the same |
| pooled | hard + sum w p / (1 - slack q) | hard + sum w p / (1 - q / slack) |
| local | hard + sum w (p + r) | hard + sum w p: misses only add |

p is the confirmed rate of a stratum, w its share of all pairs, q the judge's miss rate in its pool, r the rate of
defects among the pairs of a stratum that the judge let pass. `rate >= t` for a threshold t means
`sum w p + t slack q >= t` in pooled mode, so q is a component whose weight is a multiple of the threshold.

Guesses are shares of the budget for a nominal mix of strata, not for what was observed: so they are fixed before any
data. A guess that moved with the data would cost the martingale.
"""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from judge.statistics.cell import Cell, Mode, Sample
from judge.statistics.components import Components, Floats, components, guess
from judge.statistics.rate import trials
from judge.statistics.worst_case import Side

STRATA = 6
NOMINAL = {"agree": 0.9}
"""The share of pairs that guesses take a stratum to have; 0.1 for any other."""
SHARES = {"agree": (0.10, 0.05)}
"""Which part of the budget is guessed to lie in confirmed and in missed defects of a stratum."""
NOMINAL_OTHER, SHARES_OTHER = 0.1, (0.30, 0.10)
MISS_GUESS = (1.0, 9.0)
"""Beta(1, 9) for the judge's miss rate, before the first half of its pool is counted in."""


class Layout(msgspec.Struct, frozen=True, eq=False):
    """Stacked cells. `data` has shape (cells, 2 S + 1): S confirmed rates, S missed rates, the pooled miss rate.

    The weight of the last is for a threshold of 1. `hard` holds the hard defects as one component, shape (cells, 1),
    and `share` their observed share; the others have shape (cells,).
    """

    strata: list[list[str]]
    data: Components
    hard: Components
    share: Floats
    budget: Floats

    def at(self, threshold: Floats) -> Components:
        """The components as they weigh for a threshold of shape (cells,)."""
        weight = self.data.weight.copy()
        weight[:, -1] *= threshold
        return msgspec.structs.replace(self.data, weight=weight)


def lay_out(cells: Sequence[Cell], side: Side) -> Layout:
    """The arrays of many cells; a pending label counts as a defect for promote, and as none for reject.

    Raises ValueError for impossible counts, a budget outside 0..1, and more than six strata.
    """
    width = max((len(cell.samples) for cell in cells), default=1)
    if width > STRATA:
        raise ValueError(f"at most {STRATA} strata can be told apart, not {width}")
    rows = np.zeros((len(cells), 2 * width + 1, 5))
    rows[:, :, 3:] = 1.0
    for row, cell in zip(rows, cells, strict=True):
        for at, filled in _rows(cell, side, width):
            row[at] = filled
    checked, settled, budget = (
        np.array([getattr(cell, name) for cell in cells], dtype=np.float64) for name in ("checked", "settled", "budget")
    )
    if np.any(budget < 0) or np.any(budget > 1):
        raise ValueError("a budget is a rate, 0 to 1")
    return Layout(
        strata=[list(cell.samples) for cell in cells],
        data=components(*np.moveaxis(rows, -1, 0)),
        hard=trials(settled, checked, budget),
        share=np.divide(settled, checked, out=np.zeros_like(settled), where=checked > 0),
        budget=budget,
    )


def _rows(cell: Cell, side: Side, width: int) -> Iterator[tuple[int, tuple[float, float, float, float, float]]]:
    """The components of a cell: where each stands, and its (n, k, weight, a, b)."""
    for at, (stratum, sample) in enumerate(cell.samples.items()):
        weight = sample.pairs / cell.checked if cell.checked else 0.0
        confirmed_share, missed_share = SHARES.get(stratum, SHARES_OTHER)
        mean = cell.budget / NOMINAL.get(stratum, NOMINAL_OTHER)
        yield at, (sample.judged, _defects(cell, sample, side), weight, *_guess(confirmed_share * mean))
        if cell.mode is Mode.LOCAL and side is Side.PROMOTE:
            yield width + at, (sample.audited, sample.missed, weight, *_guess(missed_share * mean))
    if cell.mode is Mode.POOLED:
        pool, factor = cell.pool, cell.slack if side is Side.PROMOTE else 1 / cell.slack
        a, b = MISS_GUESS[0] + pool.prior_missed, MISS_GUESS[1] + pool.prior_defects - pool.prior_missed
        yield 2 * width, (pool.defects, pool.missed, factor, a, b)


def _defects(cell: Cell, sample: Sample, side: Side) -> int:
    """Confirmed defects, and those pending a person where that is the worse for what is to be shown."""
    flagged = side is Side.PROMOTE or cell.mode is Mode.PROVISIONAL
    return sample.confirmed + (sample.pending if flagged else 0)


def _guess(mean: float) -> tuple[float, float]:
    a, b = guess(mean)
    return float(a), float(b)
