"""From evidence to the defect rate of a severity or worse, and what is still needed to decide. Pure."""

import bisect
from collections.abc import Callable, Sequence

import msgspec

from judge.bounds import Accuracy, Estimate, Sampled, share, stratified, upper
from judge.calibration import accuracy, is_defect
from judge.evidence import Evidence
from judge.outcomes import Outcome, Severity, Stratum

REVIEW, VERDICT = "review", "verdict"
_MOST = 10_000_000


class DefectCounts(msgspec.Struct, frozen=True):
    """What bounds the rate of one severity or worse: `settled` known defects among `pairs`, and the sampled strata."""

    settled: int
    pairs: int
    strata: list[Sampled]
    accuracy: Accuracy


class Shortfall(msgspec.Struct, frozen=True):
    """What would bring the upper bound under a budget if no further defect is found; None: out of reach."""

    pairs: int | None
    labels: int | None


def defect_counts(evidence: Evidence, severity: Severity, use_verdicts: bool) -> DefectCounts:
    """The counts for a severity or worse; verdicts are among the labels only where `use_verdicts` says so."""
    settled = sum(row.pairs for row in evidence.settled)
    pairs = settled + sum(evidence.strata.values())
    return DefectCounts(
        settled=sum(row.pairs for row in evidence.settled if is_defect(row.severity, severity)),
        pairs=pairs,
        strata=[
            _sampled(evidence, stratum, severity, use_verdicts, pairs) for stratum in (Stratum.DISAGREE, Stratum.AGREE)
        ],
        accuracy=accuracy(evidence.judge.against_reviews, severity),
    )


def defect_rate(counts: DefectCounts) -> Estimate:
    """The defect rate of all pairs of the observed mix."""
    return stratified(counts.settled, counts.pairs, counts.strata, counts.accuracy)


def shortfall(counts: DefectCounts, budget: float) -> Shortfall:
    """Further pairs and labels, none a defect, that bring the upper bound under the budget.

    Pairs are those that the settled part alone needs. Labels are spread over the open strata by their weight, so they
    are about what is needed, not a least number, where two strata are open.
    """
    alpha = share(counts.strata)
    pairs = _least(lambda more: upper(counts.settled, counts.pairs + more, alpha), budget)
    if pairs is None:
        return Shortfall(None, None)

    def bound(more: int) -> float:
        grown = msgspec.structs.replace(counts, pairs=counts.pairs + pairs, strata=_grown(counts.strata, more))
        return defect_rate(grown).upper

    return Shortfall(pairs, _least(bound, budget))


def _sampled(evidence: Evidence, stratum: Stratum, severity: Severity, use_verdicts: bool, pairs: int) -> Sampled:
    rows = [row for row in evidence.labels if row.stratum == stratum and (use_verdicts or row.source == REVIEW)]
    outcomes = [(Outcome(row.outcome), row.pairs) for row in rows]
    return Sampled(
        weight=evidence.strata.get(stratum, 0) / pairs if pairs else 0.0,
        labels=sum(count for _, count in outcomes),
        defects=sum(count for outcome, count in outcomes if is_defect(outcome.severity, severity)),
        undecided=sum(count for outcome, count in outcomes if outcome is Outcome.UNDECIDED),
        judged=any(row.source == VERDICT for row in rows),
    )


def _grown(strata: Sequence[Sampled], more: int) -> list[Sampled]:
    """The strata with `more` labels in all, none a defect, spread by weight."""
    total = sum(stratum.weight for stratum in strata) or 1.0
    return [
        msgspec.structs.replace(stratum, labels=stratum.labels + round(more * stratum.weight / total))
        for stratum in strata
    ]


def _least(bound: Callable[[int], float], budget: float) -> int | None:
    """The least number that brings a falling bound under the budget, or None when not even millions do."""
    high = 1
    while bound(high - 1) >= budget:
        if high > _MOST:
            return None
        high *= 2
    return bisect.bisect_left(range(high), True, key=lambda more: bound(more) < budget)
