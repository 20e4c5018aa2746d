"""Decisions on cells and bounds on rates, remembered: ask for many at once, and each is at hand later. Pure."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np

from judge.statistics.cell import Cell
from judge.statistics.decision import Decision, decide
from judge.statistics.mixture import ALPHA
from judge.statistics.rate import bounds
from judge.statistics.remembered import Remembered

K = TypeVar("K")
V = TypeVar("V")


class Rate(NamedTuple):
    """`k` of `n`, and the limit that the bounds are to decide on, None for none; they hold with 1 - `alpha`."""

    k: int
    n: int
    limit: float | None = None
    alpha: float = ALPHA


def decisions(asked: Sequence[tuple[Cell, float]]) -> list[Decision]:
    """The decision on each cell with its alpha, as `decide` gives it."""
    return _DECIDED([(msgspec.msgpack.encode(cell, order="deterministic"), alpha) for cell, alpha in asked])


def rates(asked: Sequence[Rate]) -> list[tuple[float, float]]:
    """The lower and the upper bound of each rate, as `bounds` gives them."""
    return _BOUNDED(list(asked))


def _decide(asked: Sequence[tuple[bytes, float]]) -> list[Decision]:
    def work(group: Sequence[tuple[bytes, float]]) -> list[Decision]:
        return decide([msgspec.msgpack.decode(cell, type=Cell) for cell, _ in group], group[0][1])

    return _by_group(asked, lambda each: each[1], work)


def _bound(asked: Sequence[Rate]) -> list[tuple[float, float]]:
    def work(group: Sequence[Rate]) -> list[tuple[float, float]]:
        limits = None if group[0].limit is None else [each.limit for each in group]
        found = bounds(
            [each.k for each in group], [each.n for each in group], limit=np.array(limits, dtype=float)
            if limits else None, alpha=group[0].alpha,
        )  # fmt: skip
        return list(zip(found.lower.tolist(), found.upper.tolist(), strict=True))

    return _by_group(asked, lambda each: (each.limit is None, each.alpha), work)


def _by_group(
    asked: Sequence[K], group_of: Callable[[K], object], work: Callable[[Sequence[K]], Sequence[V]]
) -> list[V]:
    """The answers in the order of the questions, worked out by groups of them."""
    groups: defaultdict[object, list[int]] = defaultdict(list)
    for place, each in enumerate(asked):
        groups[group_of(each)].append(place)
    answers: dict[int, V] = {}
    for places in groups.values():
        answers |= zip(places, work([asked[place] for place in places]), strict=True)
    return [answers[place] for place in range(len(asked))]


_DECIDED: Remembered[tuple[bytes, float], Decision] = Remembered(_decide)
_BOUNDED: Remembered[Rate, tuple[float, float]] = Remembered(_bound)
