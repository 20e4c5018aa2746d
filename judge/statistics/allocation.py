"""Where the next labels tell most: the greedy plan (STATISTICS 6). Pure.

Each batch goes to the component with the largest KL(rate as seen, rate of the best explanation of the other side) per
cost: asymptotically the max-min "track the challenger" allocation of best-arm identification (Garivier and Kaufmann
2016). "Judge mostly the disagreements" is right for rejecting and very wrong for promoting; the rule finds out which.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import rel_entr

from judge.statistics.cell import Cell, Mode
from judge.statistics.components import Floats
from judge.statistics.counts import Counts, is_mode
from judge.statistics.defect_rate import Against
from judge.statistics.layout import Layout
from judge.statistics.worst_case import Side

EXPLORE_PROMOTE, EXPLORE_REJECT = 0.05, 0.25
START, START_OTHER = {"agree": 30.0}, 20.0


class Allocation(msgspec.Struct, frozen=True):
    """Shares of the next batch, by stratum, 0..1, together 1: pairs for the judge, and pairs it let pass for people.

    `toward` is the side that the evidence heads for, and `nats` how much evidence a label of the batch brings on
    average. Both empty when no stratum has pairs.
    """

    toward: Side
    judge: dict[str, float]
    audit: dict[str, float]
    nats: float = 0.0


class Costs(msgspec.Struct, frozen=True):
    """What one label costs, in any one unit: the judge's call, and a person's look."""

    call: float = 1.0
    look: float = 1.0


EVEN = Costs()


class Plan(NamedTuple):
    """Shares of each cell's next batch, (cells, 2 S): strata to judge, then to audit; `rejecting` (cells,).

    `nats` (cells,) is what a label brings on average: sum share x KL(rate as seen, rate of the other side).
    """

    shares: Floats
    rejecting: NDArray[np.bool_]
    nats: Floats


def plan(
    counts: Counts, up: Layout, down: Layout, above: Against, below: Against, start: Floats, costs: Costs = EVEN
) -> Plan:
    """The next batch of each cell; `start` (cells, S) is what each stratum gets before the rule begins."""
    width = start.shape[-1]
    rejecting = down.above_budget()
    mean = (up.data.a + up.data.k) / (up.data.a + up.data.b + up.data.n)
    # Never above the other side's rate: a component that costs it nothing has nothing to tell.
    nats = np.where(
        rejecting[:, None], _nats(down.data.estimate, below.rates), _nats(np.minimum(mean, above.rates), above.rates)
    )
    # Over the budget with what may be missed, under it without: no side to head for, so narrow the estimate.
    between = up.above_budget() & ~rejecting
    narrowing = up.data.weight**2 * mean * (1 - mean) / (1 + up.data.n) ** 2
    price = np.hstack([costs.call + costs.look * mean[:, :width], np.full_like(start, costs.look)])
    gain = np.where(between[:, None], narrowing, nats)[:, : 2 * width]
    pairs = counts.samples["pairs"] > 0
    audits = pairs & (is_mode(counts, Mode.LOCAL) & ~rejecting)[:, None] & (counts.samples["judged"] > 0)
    allowed = np.hstack([pairs, audits])
    worth = np.where(allowed, gain / price, -1.0)
    options = np.sum(allowed, axis=-1, keepdims=True)
    explore = np.where(rejecting, EXPLORE_REJECT, EXPLORE_PROMOTE)[:, None]
    best = np.arange(2 * width) == np.argmax(worth, axis=-1)[:, None]
    greedy = allowed * (explore / np.maximum(options, 1) + (1 - explore) * best)
    fresh = np.where(pairs, np.maximum(start - counts.samples["judged"], 0.0), 0.0)
    wanted = np.sum(fresh, axis=-1, keepdims=True)
    first = np.hstack([fresh / np.maximum(wanted, 1.0), np.zeros_like(fresh)])
    brought = np.sum(np.where(greedy > 0, greedy, 0.0) * np.where(greedy > 0, nats[:, : 2 * width], 0.0), axis=-1)
    return Plan(np.where(wanted > 0, first, greedy), rejecting, brought)


def allocation(cell: Cell, shares: Floats, rejecting: bool, nats: float) -> Allocation:
    """The plan of one cell by name of stratum, without the strata that get nothing."""
    width = len(shares) // 2
    named = [{name: float(shares[at + offset]) for at, name in enumerate(cell.samples)} for offset in (0, width)]
    judge, audit = ({name: share for name, share in one.items() if share > 0} for one in named)
    return Allocation(Side.REJECT if rejecting else Side.PROMOTE, judge, audit, float(nats))


def starts(cells: Sequence[Cell], width: int) -> Floats:
    """How many pairs of each stratum are judged before the greedy rule begins, (cells, S)."""
    rows = [[START.get(name, START_OTHER) for name in cell.samples] for cell in cells]
    return np.array([row + [0.0] * (width - len(row)) for row in rows]).reshape(len(cells), width)


def _nats(seen: Floats, other: Floats) -> Floats:
    """Kullback-Leibler divergence of Bernoulli rates."""
    divergence: Floats = rel_entr(seen, other) + rel_entr(1 - seen, 1 - other)
    return divergence
