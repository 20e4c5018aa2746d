"""Does the judge favour the answer it reads first? Valid at every look (STATISTICS 10). Pure."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln

from judge.statistics.components import Floats
from judge.statistics.mixture import ALPHA
from judge.statistics.rate import RateBounds, bounds


class PositionBias(NamedTuple):
    """How often a verdict flips with the order, and log evidence that flips favour one side; `alarm` at 1 / alpha."""

    flips: RateBounds
    log_e: Floats
    alarm: np.ndarray


def position_bias(first: ArrayLike, flips: ArrayLike, both_orders: ArrayLike, *, alpha: float = ALPHA) -> PositionBias:
    """Whether `flips` of the pairs judged in `both_orders` lean to one place; `first` of them favour the first answer.

    Without a preference each flip is a fair coin: E = 2^m B(1 + x, 1 + m - x) for x of m, the uniform mixture over
    coins (Robbins 1970), which finds a preference for either place. Raises ValueError unless
    first <= flips <= both_orders.
    """
    x, m, n = (np.asarray(one, dtype=np.float64) for one in (first, flips, both_orders))
    if np.any(x < 0) or np.any(x > m) or np.any(m > n):
        raise ValueError("counts must satisfy 0 <= first <= flips <= both_orders")
    log_e: Floats = m * np.log(2) + betaln(1 + x, 1 + m - x)
    return PositionBias(bounds(m, n, alpha=alpha), log_e, log_e > np.log(1 / alpha))
