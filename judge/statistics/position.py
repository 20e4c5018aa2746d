"""Does the judge favour the answer it reads first? Valid at every look (STATISTICS 10). Pure."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln

from judge.statistics.components import Floats
from judge.statistics.mixture import ALPHA


class PositionBias(NamedTuple):
    """Log evidence that flips favour one side; `alarm` at 1 / alpha."""

    log_e: Floats
    alarm: np.ndarray


def position_bias(first: ArrayLike, flips: ArrayLike, *, alpha: float = ALPHA) -> PositionBias:
    """Whether verdicts that flip with the order lean to one place; `first` of the `flips` favour the first answer.

    Without a preference each flip is a fair coin: E = 2^m B(1 + x, 1 + m - x) for x of m, the uniform mixture over
    coins (Robbins 1970), which finds a preference for either place. Raises ValueError unless 0 <= first <= flips.
    """
    x, m = (np.asarray(one, dtype=np.float64) for one in (first, flips))
    if np.any(x < 0) or np.any(x > m):
        raise ValueError("counts must satisfy 0 <= first <= flips")
    log_e: Floats = m * np.log(2) + betaln(1 + x, 1 + m - x)
    return PositionBias(log_e, log_e > np.log(1 / alpha))
