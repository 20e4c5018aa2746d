"""Where a falling function of a multiplier crosses zero, in many cells at once. Pure.

Halving on the log of the multiplier until a bracket is narrow; then false position, aimed a little past the crossing,
first on one side and then on the other, so that two evaluations close the bracket to about the square of its width.
Every third step halves again, so that a kink costs little. A narrow bracket stays as it is, so that what is said
of a cell does not depend on which cells are worked out beside it.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from judge.statistics.components import Floats

LOWEST, HIGHEST = -30.0, 50.0
"""The range of the log of the multiplier: nats per unit of rate, from none to more than 10^21."""
NARROW, TOLERANCE, MOST_STEPS = 0.1, 1e-11, 100


class Bracket(NamedTuple):
    """Multipliers just before and just after the crossing."""

    before: Floats
    after: Floats


def crossing(function: Callable[[Floats], Floats], shape: tuple[int, ...]) -> Bracket:
    """The last multiplier at which `function` is positive and the first at which it is not, to 1e-11 of each other.

    `function` maps multipliers of `shape` to values of `shape` and must not rise. Where it never crosses, both lie at
    an end of the range.
    """
    low, high = np.full(shape, LOWEST), np.full(shape, HIGHEST)
    at_low, at_high = function(np.exp(low)), function(np.exp(high))
    low, high = np.where(at_high > 0, high, low), np.where(at_low > 0, high, low)
    for step in range(MOST_STEPS):
        width = high - low
        wide = width > TOLERANCE
        if not np.any(wide):
            break
        middle = low + width / 2
        if step % 3:
            fall = at_low - at_high
            aimed = np.isfinite(fall) & (fall > 0) & (width < NARROW)
            past = np.maximum(width * width, TOLERANCE / 4) * (1 if step % 3 == 1 else -1)
            met = low + width * np.where(aimed, at_low, 0.0) / np.where(aimed, fall, 1.0) + past
            middle = np.where(aimed & (met > low) & (met < high), met, middle)
        value = function(np.exp(middle))
        positive = value > 0
        before, after = wide & positive, wide & ~positive
        low, high = np.where(before, middle, low), np.where(after, middle, high)
        at_low, at_high = np.where(before, value, at_low), np.where(after, value, at_high)
    return Bracket(np.exp(low), np.exp(high))
