"""Which slices are worse than they may be, among many looked at again and again (STATISTICS 10). Pure.

Evidence from each slice goes into e-BH (Wang and Ramdas 2022), which keeps the share of false alarms among all alarms
below alpha under any dependence and at every look; p-values looked at repeatedly do not (Benjamini-Hochberg at every
look gave 7.5-16 % false discoveries where 5 % were promised). Slices must be declared before their data.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtrc

from judge.statistics.components import Floats
from judge.statistics.guard import log_e_above
from judge.statistics.mixture import ALPHA

FACTORS = np.geomspace(1.25, 8.0, 12)
"""Multiples of the base rate that a bad slice may have."""


class Slices(NamedTuple):
    """For each slice: log evidence that it is above the base rate, whether that is confirmed, and whether suspected.

    `confirmed` holds at every look (e-BH); `suspected` is Benjamini-Hochberg for one look, for small samples: a hint.
    """

    log_e: Floats
    confirmed: NDArray[np.bool_]
    suspected: NDArray[np.bool_]


def bad_slices(defects: ArrayLike, labels: ArrayLike, *, base: float, alpha: float = ALPHA) -> Slices:
    """Slices with a rate above `base`, the budget or a frozen reference; `defects` of `labels`, shape (slices,).

    Raises ValueError unless 0 <= defects <= labels and 0 < base < 1.
    """
    k, n = np.asarray(defects, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    if np.any(k < 0) or np.any(k > n) or not 0 < base < 1:
        raise ValueError("counts must satisfy 0 <= defects <= labels, and the base rate lies between 0 and 1")
    log_e = log_e_above(k, n, np.full(k.shape, base), FACTORS)
    p_values = np.where(k > 0, bdtrc(np.maximum(k - 1, 0), np.maximum(n, 1).astype(int), base), 1.0)
    return Slices(log_e, e_bh(log_e, alpha), benjamini_hochberg(p_values, alpha))


def e_bh(log_e: ArrayLike, alpha: float = ALPHA) -> NDArray[np.bool_]:
    """Which of m hypotheses e-BH rejects: the k with the most evidence, for the largest k with E >= m / (alpha k).

    Evidence of many workflows may go in as well, for the share of promotions that should not have been.
    """
    found = np.asarray(log_e, dtype=np.float64)
    order = np.argsort(-found, kind="stable")
    ranks = np.arange(1, found.size + 1)
    return _first(order, found[order] >= np.log(found.size / (alpha * ranks)))


def benjamini_hochberg(p_values: ArrayLike, alpha: float = ALPHA) -> NDArray[np.bool_]:
    """Which hypotheses Benjamini and Hochberg (1995) reject: for one look only."""
    found = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(found, kind="stable")
    ranks = np.arange(1, found.size + 1)
    return _first(order, found[order] <= alpha * ranks / max(1, found.size))


def _first(order: NDArray[np.intp], holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The first k of an order, for the last k that holds."""
    rejected = np.zeros(order.size, dtype=bool)
    if np.any(holds):
        rejected[order[: int(np.flatnonzero(holds)[-1]) + 1]] = True
    return rejected
