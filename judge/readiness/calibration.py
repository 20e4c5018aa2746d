"""The judge against the truth: may its verdicts count as labels? Pure over counts."""

from collections.abc import Sequence

import msgspec

from judge.evidence.record import Compared, JudgeRecord
from judge.outcomes import Outcome, Severity, State
from judge.readiness.policy import JudgePolicy
from judge.statistics.bounds import ALPHA, Accuracy, Estimate, binomial, lower

MAX_FLIPS = 0.5


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """The judge against one kind of truth, on {defect, no defect}, over `n` pairs.

    An undecided verdict never agrees: it is a miss on a defect and a false alarm on a clean pair. `kappa` is Cohen's,
    None when all pairs are defects or none is; `kappa_lower` is what it would be at the lower bounds of sensitivity
    and specificity, so it exceeds 0 only when the judge is better than chance.
    """

    n: int
    undecided: int
    agreement: Estimate
    sensitivity: Estimate
    specificity: Estimate
    kappa: float | None
    kappa_lower: float


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a judge's verdicts count as labels: ready, blocked (the judge is refused) or too few labels to say."""

    state: State
    sentence: str
    reviewers: Agreement
    ground_truth: Agreement
    verdicts: int
    flips: Estimate
    undecided: Estimate

    @property
    def accepted(self) -> bool:
        return self.state is State.READY


def accuracy(compared: Sequence[Compared], severity: Severity) -> Accuracy:
    """How the judge told defects of a severity or worse from the rest; an undecided verdict is always wrong."""
    hits = defects = passes = clean = 0
    for row in compared:
        verdict = Outcome(row.verdict)
        flagged = is_defect(verdict.severity, severity)
        if is_defect(row.severity, severity):
            defects += row.pairs
            hits += row.pairs * flagged
        else:
            clean += row.pairs
            passes += row.pairs * (not flagged and verdict is not Outcome.UNDECIDED)
    return Accuracy(hits, defects, passes, clean)


def is_defect(found: str | None, severity: Severity) -> bool:
    """True when what was found is a defect of `severity` or worse."""
    return found is not None and Severity(found).at_least(severity)


def agreement(compared: Sequence[Compared]) -> Agreement:
    """The figures of one table."""
    counts = accuracy(compared, Severity.MINOR)
    n = counts.defects + counts.clean
    prevalence = counts.defects / n if n else 0.0
    sensitivity = binomial(counts.hits, counts.defects, ALPHA / 2)
    specificity = binomial(counts.passes, counts.clean, ALPHA / 2)
    defined = sensitivity.rate is not None and specificity.rate is not None
    return Agreement(
        n=n,
        undecided=sum(row.pairs for row in compared if row.verdict == Outcome.UNDECIDED),
        agreement=binomial(counts.hits + counts.passes, n),
        sensitivity=sensitivity,
        specificity=specificity,
        kappa=_kappa(prevalence, sensitivity.rate or 0.0, specificity.rate or 0.0) if defined else None,
        kappa_lower=_kappa(prevalence, sensitivity.lower, specificity.lower) if defined else -1.0,
    )


def calibrate(policy: JudgePolicy, record: JudgeRecord) -> Calibration:
    """May these verdicts count? Only reviewers can say yes; ground truth and order flips can also say no."""
    reviewers, truth = agreement(record.against_reviews), agreement(record.against_truth)
    state, sentence = _decide(policy, record, reviewers, truth)
    return Calibration(
        state=state,
        sentence=sentence,
        reviewers=reviewers,
        ground_truth=truth,
        verdicts=record.verdicts,
        flips=binomial(record.flips, record.verdicts),
        undecided=binomial(record.undecided, record.verdicts),
    )


def _decide(policy: JudgePolicy, record: JudgeRecord, reviewers: Agreement, truth: Agreement) -> tuple[State, str]:
    if record.verdicts >= policy.min_labels and lower(record.flips, record.verdicts) > MAX_FLIPS:
        share = record.flips / record.verdicts
        return State.BLOCKED, (
            f"this judge contradicts itself in {share:.2f} of {record.verdicts} pairs when the answers change places: "
            "refused"
        )
    for table, name in ((reviewers, "reviewers"), (truth, "ground truth")):
        rate = table.agreement.rate
        if rate is None or table.n < policy.min_labels:
            continue
        said = f"this judge agrees with {name} {rate:.2f} of the time on {table.n} labels"
        if rate < policy.min_agreement:
            return State.BLOCKED, f"{said}; the floor is {policy.min_agreement:.2f}: refused"
        if table.kappa is not None and table.kappa <= 0:
            return State.BLOCKED, f"{said}, which is no better than chance (kappa {table.kappa:.2f}): refused"
    return _accept(policy, reviewers)


def _accept(policy: JudgePolicy, reviewers: Agreement) -> tuple[State, str]:
    rate, missing = reviewers.agreement.rate, policy.min_labels - reviewers.n
    if rate is None or missing > 0:
        return State.INSUFFICIENT_EVIDENCE, (
            f"{reviewers.n} pairs have both a verdict and a review; {missing} more are needed to calibrate the judge"
        )
    said = f"this judge agrees with reviewers {rate:.2f} of the time on {reviewers.n} labels"
    if reviewers.kappa is None:
        absent = "a defect" if reviewers.sensitivity.rate is None else "free of defects"
        return State.INSUFFICIENT_EVIDENCE, (
            f"{said}, but none of these pairs is {absent}, so nothing shows that it can tell the two apart"
        )
    if reviewers.kappa_lower <= 0:
        return State.INSUFFICIENT_EVIDENCE, (
            f"{said}, but too few labels to exclude chance (kappa {reviewers.kappa:.2f}, at least "
            f"{reviewers.kappa_lower:.2f}): label more pairs that have a verdict"
        )
    return State.READY, (
        f"{said}; the floor is {policy.min_agreement:.2f}, kappa {reviewers.kappa:.2f}, at least "
        f"{reviewers.kappa_lower:.2f}: accepted"
    )


def _kappa(prevalence: float, sensitivity: float, specificity: float) -> float:
    """Cohen's kappa of a judge with these rates; 0 is chance, and its sign is that of sensitivity + specificity - 1."""
    flagged = prevalence * sensitivity + (1 - prevalence) * (1 - specificity)
    apart = prevalence * (1 - flagged) + (1 - prevalence) * flagged
    return 2 * prevalence * (1 - prevalence) * (sensitivity + specificity - 1) / apart if apart else 0.0
