"""Exact bounds on rates, valid for one look at the data; docs/decisions/004-single-look-bounds.md says why these.

Every bound is one-sided with error probability `alpha`, 5 % unless said. Pure: counts in, numbers out.
"""

import bisect
from collections.abc import Sequence

import msgspec
from scipy.special import bdtr, betaincinv

ALPHA = 0.05
METHOD = "95 %, single look"


class Sampled(msgspec.Struct, frozen=True):
    """The labelled sample of one stratum: `weight` is the stratum's share of all pairs, 0..1.

    Of `labels` pairs, `defects` are surely defects and `undecided` may be. `judged` says that verdicts of the judge are
    among the labels.
    """

    weight: float
    labels: int
    defects: int
    undecided: int = 0
    judged: bool = False


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


def stratified(settled: int, pairs: int, strata: Sequence[Sampled], accuracy: Accuracy | None = None) -> Estimate:
    """The defect rate of a mix: `settled` of all `pairs` are known defects, the strata hold what a sample must tell.

    rate = P(settled defect) + sum over strata of weight x P(defect | stratum), in the observed mix of strata. Alpha is
    split evenly over the parts (Bonferroni). A stratum without labels may be all defects, or none. An undecided label
    counts as a defect above and as none below. Where verdicts are among the labels, the upper bound is divided by the
    lower bound of the judge's sensitivity, and the lower bound is freed of the false alarms that its specificity allows
    (Rogan and Gladen): this assumes the judge to be no worse here than on the pairs that people reviewed.
    """
    part = share(strata)
    accuracy = accuracy or Accuracy()
    sensitivity = lower(accuracy.hits, accuracy.defects, part)
    specificity = lower(accuracy.passes, accuracy.clean, part)
    highest, lowest, rate = upper(settled, pairs, part), lower(settled, pairs, part), settled / max(1, pairs)
    known = pairs > 0
    for stratum in strata:
        above = upper(stratum.defects + stratum.undecided, stratum.labels, part)
        below = lower(stratum.defects, stratum.labels, part)
        if stratum.judged:
            above = min(1.0, above / sensitivity) if sensitivity else 1.0
            below = max(0.0, 1 - (1 - below) / specificity) if specificity else 0.0
        highest += stratum.weight * above
        lowest += stratum.weight * below
        decided = stratum.labels - stratum.undecided
        known = known and (decided > 0 or not stratum.weight)
        rate += stratum.weight * stratum.defects / max(1, decided)
    return Estimate(rate if known else None, min(1.0, lowest), min(1.0, highest))


def share(strata: Sequence[Sampled]) -> float:
    """The error probability of each part of `stratified`: settled pairs, each open stratum, the judge if it is used."""
    return ALPHA / (1 + sum(stratum.weight > 0 for stratum in strata) + any(_uses_judge(s) for s in strata))


def _uses_judge(stratum: Sampled) -> bool:
    return stratum.judged and stratum.weight > 0


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
