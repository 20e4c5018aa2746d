"""Where the next labels tell most: the greedy plan (STATISTICS 6). Pure.

Each batch goes to the component with the largest KL(rate as seen, rate of the best explanation of the other side) per
cost: asymptotically the max-min "track the challenger" allocation of best-arm identification (Garivier and Kaufmann
2016). "Judge mostly the disagreements" is right for rejecting and very wrong for promoting; the rule finds out which.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from scipy.special import rel_entr

from judge.statistics.cell import Cell, Mode
from judge.statistics.components import Floats
from judge.statistics.layout import Layout
from judge.statistics.worst_case import Side, least_favourable

EXPLORE_PROMOTE, EXPLORE_REJECT = 0.05, 0.25
START = {"agree": 30, "disagree": 20}
START_OTHER = 20


class Allocation(msgspec.Struct, frozen=True):
    """Shares of the next batch, by stratum, 0..1, together 1: pairs for the judge, and pairs it let pass for people.

    `toward` is the side that the evidence heads for. Both empty when no stratum has pairs.
    """

    toward: Side
    judge: dict[str, float]
    audit: dict[str, float]


class Costs(msgspec.Struct, frozen=True):
    """What one label costs, in any one unit: the judge's call, and a person's look."""

    call: float = 1.0
    look: float = 1.0


EVEN = Costs()


def allocate(cells: Sequence[Cell], up: Layout, down: Layout, costs: Costs = EVEN) -> list[Allocation]:
    """The next batch of each cell; `up` and `down` are their layouts for promote and reject."""
    worth, heading = information(up, down, costs)
    return [
        _shares(cell, row, Side.REJECT if to else Side.PROMOTE)
        for cell, row, to in zip(cells, worth, heading, strict=True)
    ]


def information(up: Layout, down: Layout, costs: Costs = EVEN) -> tuple[Floats, Floats]:
    """Nats per cost of the next label in each component (cells, 2 S), and where the cell heads for reject (cells,)."""
    left = up.budget - up.share
    data = up.at(left)
    heading = np.sum(data.weight * data.estimate, axis=-1) > left
    width = (data.n.shape[-1] - 1) // 2
    believed = (data.a + data.k) / (data.a + data.b + data.n)
    other_up, _ = least_favourable(data, left, Side.PROMOTE)
    low = down.budget - np.minimum(down.share, down.budget / 2)
    against = down.at(low)
    other_down, _ = least_favourable(against, low, Side.REJECT)
    ahead = _divergence(believed, other_up)
    behind = _divergence(data.estimate, other_down)
    worth = np.where(heading[:, None], behind, ahead)[:, : 2 * width]
    price = np.full_like(worth, costs.look)
    price[:, :width] = costs.call + believed[:, :width] * costs.look
    return worth / price, heading


def _divergence(seen: Floats, other: Floats) -> Floats:
    """Kullback-Leibler divergence of Bernoulli rates, nats."""
    nats: Floats = rel_entr(seen, other) + rel_entr(1 - seen, 1 - other)
    return nats


def _shares(cell: Cell, worth: Floats, toward: Side) -> Allocation:
    width = len(worth) // 2
    judge = {name: at for at, (name, sample) in enumerate(cell.samples.items()) if sample.pairs > 0}
    audit = (
        {name: width + at for name, at in judge.items()} if cell.mode is Mode.LOCAL and toward is Side.PROMOTE else {}
    )
    fresh = {name: max(0, START.get(name, START_OTHER) - cell.samples[name].judged) for name in judge}
    wanted = sum(fresh.values())
    if wanted:
        return Allocation(toward, {name: fresh[name] / wanted for name in judge}, dict.fromkeys(audit, 0.0))
    options = [*judge.values(), *audit.values()]
    if not options:
        return Allocation(toward, {}, {})
    best = max(options, key=lambda at: worth[at])
    explore = EXPLORE_REJECT if toward is Side.REJECT else EXPLORE_PROMOTE
    even = explore / len(options)

    def share(at: int) -> float:
        return even + (1 - explore) * (at == best)

    return Allocation(
        toward, {name: share(at) for name, at in judge.items()}, {name: share(at) for name, at in audit.items()}
    )
