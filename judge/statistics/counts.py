"""The counts of many cells as arrays: what judge/statistics/cell.py holds one by one. Pure."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from judge.statistics.cell import Cell, Mode, Pool, Sample
from judge.statistics.components import Floats

STRATA = 6
NOMINAL, NOMINAL_OTHER = {"agree": 0.9}, 0.1
"""The share of all pairs that guesses take a stratum to have when no mix is given."""
NOMINAL_PAIRS = 20
"""The share when nothing is known counts as so many pairs beside the first ones seen."""
SHARES, SHARES_OTHER = {"agree": (0.05, 0.05)}, (0.30, 0.10)
"""Which parts of the budget are guessed to lie in confirmed and in missed defects of a stratum."""

LEAST_SHARE = 0.001
"""A rarer stratum is guessed as if it had this share."""

_SAMPLE, _POOL = Sample.__struct_fields__, Pool.__struct_fields__


class Counts(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Counts of cells; S strata each, those a cell lacks being all zero.

    `samples` holds the fields of Sample by name, each of shape (cells, S), `pool` those of Pool, of shape (cells,), as
    have `budget`, `checked`, `settled` and `slack`. `guesses` are mean rates of confirmed and of missed defects as
    guessed before any data for a budget of 1, shape (2, cells, S).
    """

    modes: NDArray[np.str_]
    budget: Floats
    checked: Floats
    settled: Floats
    slack: Floats
    samples: dict[str, Floats]
    pool: dict[str, Floats]
    guesses: Floats


def gather(cells: Sequence[Cell]) -> Counts:
    """The arrays of many cells. Raises ValueError for more than six strata or a budget outside 0..1."""
    width = max((len(cell.samples) for cell in cells), default=0) or 1
    if width > STRATA:
        raise ValueError(f"at most {STRATA} strata can be told apart, not {width}")
    absent = [0] * len(_SAMPLE)
    rows = [
        [[getattr(s, name) for name in _SAMPLE] for s in cell.samples.values()] + [absent] * (width - len(cell.samples))
        for cell in cells
    ]
    samples = np.array(rows, dtype=np.float64).reshape(len(cells), width, len(_SAMPLE))
    pools = np.array([[getattr(cell.pool, name) for name in _POOL] for cell in cells], dtype=np.float64)
    plain = np.array([(c.budget, c.checked, c.settled, c.slack) for c in cells], dtype=np.float64).T
    budget, checked, settled, slack = plain
    if np.any(budget < 0) or np.any(budget > 1):
        raise ValueError("a budget is a rate, 0 to 1")
    named = [guesses(_mix(cell)) for cell in cells]
    return Counts(
        modes=np.array([str(cell.mode) for cell in cells]),
        budget=budget,
        checked=checked,
        settled=settled,
        slack=slack,
        samples={name: samples[:, :, at] for at, name in enumerate(_SAMPLE)},
        pool={name: pools[:, at] for at, name in enumerate(_POOL)},
        guesses=np.array([[*one, *[(0.0, 0.0)] * (width - len(one))] for one in named])
        .reshape(-1, width, 2)
        .transpose(2, 0, 1),
    )


def guesses(mix: Mapping[str, float]) -> list[tuple[float, float]]:
    """Mean rates of confirmed and of missed defects by stratum, as guessed before any data for a budget of 1."""
    means = []
    for name, share in mix.items():
        confirmed, missed = SHARES.get(name, SHARES_OTHER)
        means.append((confirmed / max(share, LEAST_SHARE), missed / max(share, LEAST_SHARE)))
    return means


def mix_of(first: Mapping[str, int], strata: Iterable[str]) -> dict[str, float]:
    """The shares that guesses are made for, from the first pairs by stratum; empty where there are none.

    `first` counts all pairs, those of other strata too, and must be fixed before the labels that the guesses serve.
    """
    if not first:
        return {}
    total = sum(first.values()) + NOMINAL_PAIRS
    return {name: (first.get(name, 0) + NOMINAL_PAIRS * _nominal(name)) / total for name in strata}


def _nominal(name: str) -> float:
    return NOMINAL.get(name, NOMINAL_OTHER)


def _mix(cell: Cell) -> dict[str, float]:
    return {name: cell.mix.get(name, _nominal(name)) for name in cell.samples}


def is_mode(counts: Counts, mode: Mode) -> NDArray[np.bool_]:
    """Which cells are counted in a mode, shape (cells,)."""
    found: NDArray[np.bool_] = counts.modes == str(mode)
    return found
