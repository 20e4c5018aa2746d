"""From evidence to the defect rate of a severity or worse, and what is still needed to decide. Pure."""

import bisect
import math
from collections.abc import Callable

import msgspec

from judge.calibration.tally import accuracy, is_defect
from judge.evidence.record import Evidence
from judge.outcomes import Outcome, Severity, Stratum
from judge.statistics.bounds import Accuracy, Estimate, Sampled, share, stratified, upper

REVIEW, VERDICT = "review", "verdict"
_MOST = 10_000_000


class DefectCounts(msgspec.Struct, frozen=True):
    """What bounds the rate of one severity or worse: `settled` known defects among `pairs`, and the sampled strata."""

    settled: int
    pairs: int
    strata: list[Sampled]
    accuracy: Accuracy


class Shortfall(msgspec.Struct, frozen=True):
    """Pairs that must still come and pairs that must still be labelled, old or new; `exact`: no fewer would do."""

    pairs: int
    labels: int
    exact: bool


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


def shortfall(counts: DefectCounts, budget: float) -> Shortfall | None:
    """What brings the upper bound under the budget if no further defect is found; None when no number does.

    Labels alone, where enough pairs are there to label. Else as many pairs as leave half the budget to the labels, and
    enough to take them. Labels are spread over the open strata by weight. None: too few defects of the severity are
    reviewed to know how many the judge misses, or it takes millions of pairs.
    """
    open_share = sum(stratum.weight for stratum in counts.strata)
    labelled = sum(stratum.labels for stratum in counts.strata)
    single = sum(stratum.weight > 0 for stratum in counts.strata) == 1

    def labels_for(more_pairs: int) -> int | None:
        return _least(lambda more: defect_rate(_grown(counts, more_pairs, more)).upper, budget)

    def pairs_for(allowed: float) -> int | None:
        return _least(lambda more: upper(counts.settled, counts.pairs + more, share(counts.strata)), allowed)

    labels = labels_for(0)
    if labels is not None and (labels == 0 or labels + labelled <= open_share * counts.pairs):
        return Shortfall(0, labels, exact=single)
    pairs = pairs_for(budget / 2 if open_share else budget)
    labels = None if pairs is None else labels_for(pairs)
    if pairs is None or labels is None:
        return None
    room = math.ceil((labels + labelled) / open_share) - counts.pairs if labels else 0
    return Shortfall(max(pairs, room), labels, exact=not open_share)


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


def _grown(counts: DefectCounts, pairs: int, labels: int) -> DefectCounts:
    """The counts with further pairs and labels, none a defect, the labels spread over the strata by weight."""
    total = sum(stratum.weight for stratum in counts.strata) or 1.0
    strata = [
        msgspec.structs.replace(stratum, labels=stratum.labels + round(labels * stratum.weight / total))
        for stratum in counts.strata
    ]
    return msgspec.structs.replace(counts, pairs=counts.pairs + pairs, strata=strata)


def _least(bound: Callable[[int], float], budget: float) -> int | None:
    """The least number that brings a falling bound under the budget, or None when not even millions do."""
    high = 1
    while bound(high - 1) >= budget:
        if high > _MOST:
            return None
        high *= 2
    return bisect.bisect_left(range(high), True, key=lambda more: bound(more) < budget)
