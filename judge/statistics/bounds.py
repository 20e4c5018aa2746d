"""Exact bounds on rates, valid for one look at the data: docs/decisions/004-single-look-bounds.md and 028.

Every bound is one-sided with error probability `alpha`, 5 % unless said. Pure: counts in, numbers out.
"""

import bisect

import msgspec
from scipy.special import bdtr, betaincinv

ALPHA = 0.05


class Accuracy(msgspec.Struct, frozen=True):
    """The judge against people: it found `hits` of `defects`, and passed `passes` of `clean` pairs."""

    hits: int = 0
    defects: int = 0
    passes: int = 0
    clean: int = 0


class Estimate(msgspec.Struct, frozen=True):
    """A rate, 0..1: `lower` and `upper` each hold with confidence 1 - alpha; `rate` is None when nothing tells it."""

    rate: float | None
    lower: float
    upper: float


def upper(k: int, n: int, alpha: float = ALPHA) -> float:
    """The highest rate under which k or fewer of n still has probability alpha (Clopper-Pearson); 1 when n is 0."""
    return 1.0 if k >= n else float(betaincinv(k + 1, n - k, 1 - alpha))


def lower(k: int, n: int, alpha: float = ALPHA) -> float:
    """The lowest rate under which k or more of n still has probability alpha (Clopper-Pearson); 0 when n is 0."""
    return 0.0 if k <= 0 else float(betaincinv(k, n - k + 1, alpha))


def binomial(k: int, n: int, alpha: float = ALPHA) -> Estimate:
    """The rate behind k of n."""
    return Estimate(k / n if n else None, lower(k, n, alpha), upper(k, n, alpha))


def quantile_ranks(n: int, quantile: float) -> tuple[int | None, int | None]:
    """The ranks, from 1, of the order statistics that bound a quantile of n values from below and from above.

    Free of any distribution: the number of values below the quantile is binomial. None where n is too small.
    """
    ranks = range(1, n + 1)

    def below(rank: int) -> float:
        """The probability that fewer than `rank` of n values lie below the quantile."""
        return float(bdtr(rank - 1, n, quantile))

    lowest = bisect.bisect_right(ranks, ALPHA, key=below)
    highest = bisect.bisect_left(ranks, 1 - ALPHA, key=below) + 1
    return lowest or None, highest if highest <= n else None
