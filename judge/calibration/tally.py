"""Verdicts beside the truth, each outcome of the judge weighed by how much of it people reviewed. Pure.

People review a sample. Where they look at "worse" more often than at "equivalent", plain counts flatter or slander the
judge. So each outcome of the judge is a class of its own with a known sampling share, reviewed over given, and every
review in it weighs the inverse (Horvitz and Thompson 1952). Within a class the reviews are taken as a random sample.
They are drawn ones only, though of disagreements more than of agreements, so a judge that errs more there looks worse
than it is.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from judge.evidence.record import Compared
from judge.outcomes import Outcome, Severity
from judge.statistics.agreement import Kappa, cohen_kappa
from judge.statistics.bounds import Accuracy, Estimate
from judge.statistics.components import components
from judge.statistics.mixture import ALPHA, interval


class VerdictClass(msgspec.Struct, frozen=True):
    """One outcome of the judge: `given` so often, `reviewed` and decided so often, of which `defects` by the truth.

    `flags` says that the judge calls it a defect, `passes` that it calls it none; an undecided verdict does neither.
    """

    given: int
    reviewed: int
    defects: int
    flags: bool
    passes: bool


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """The judge against one kind of truth, on {defect of a severity or worse, none}, over `n` labelled verdicts.

    An undecided verdict never agrees: it is a miss on a defect and a false alarm on a clean pair. All bounds hold at
    every look, those of one table together with 95 %. `kappa` is Cohen's with its standard error (Fleiss, Cohen and
    Everitt 1969), None when all pairs are defects or none is; weighed labels count for what they are worth (Kish 1965).
    `informedness_lower` bounds sensitivity + specificity - 1 from below: above 0 only for a judge better than chance.
    `covered` is the share of all verdicts whose outcome somebody reviewed.
    """

    n: int
    undecided: int
    agreement: Estimate
    sensitivity: Estimate
    specificity: Estimate
    kappa: float | None
    kappa_error: float | None
    informedness_lower: float
    covered: float = 1.0


def is_defect(found: str | None, severity: Severity) -> bool:
    """True when what was found is a defect of `severity` or worse."""
    return found is not None and Severity(found).at_least(severity)


def accuracy(compared: Sequence[Compared], severity: Severity) -> Accuracy:
    """How the judge told defects of a severity or worse from the rest, as counted; undecided is always wrong."""
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


def agreement(
    compared: Sequence[Compared], given: Mapping[str, int] | None = None, severity: Severity = Severity.MINOR
) -> Agreement:
    """The figures of one table; `given` counts all verdicts by outcome, else each reviewed one stands for itself."""
    classes = _classes(compared, given or {}, severity)
    agreeing, found, missed, passed, alarms = _totals(
        classes,
        [
            [_agreeing(each) for each in classes],
            [each.defects if each.flags else None for each in classes],
            [None if each.flags else each.defects for each in classes],
            [each.reviewed - each.defects if each.passes else None for each in classes],
            [None if each.passes else each.reviewed - each.defects for each in classes],
        ],
    )
    sensitivity, specificity = _share(found, missed), _share(passed, alarms)
    defined = sensitivity.rate is not None and specificity.rate is not None
    kappa = _kappa(found, missed, passed, alarms, _worth(classes)) if defined else None
    total, known = sum(each.given for each in classes), sum(each.given for each in classes if each.reviewed)
    return Agreement(
        n=sum(each.reviewed for each in classes),
        undecided=sum(each.reviewed for each in classes if not each.flags and not each.passes),
        agreement=Estimate(
            (agreeing.rate or 0.0) / known if known else None,
            agreeing.lower / total if total else 0.0,
            agreeing.upper / total if total else 1.0,
        ),
        sensitivity=sensitivity,
        specificity=specificity,
        kappa=kappa and kappa.kappa,
        kappa_error=kappa and kappa.standard_error,
        informedness_lower=sensitivity.lower + specificity.lower - 1 if defined else -1.0,
        covered=known / total if total else 0.0,
    )


def _agreeing(each: VerdictClass) -> int | None:
    if each.flags:
        return each.defects
    return each.reviewed - each.defects if each.passes else None


def _classes(compared: Sequence[Compared], given: Mapping[str, int], severity: Severity) -> list[VerdictClass]:
    reviewed: dict[str, int] = dict.fromkeys(given, 0)
    defects: dict[str, int] = dict.fromkeys(given, 0)
    for row in compared:
        reviewed[row.verdict] = reviewed.get(row.verdict, 0) + row.pairs
        defects[row.verdict] = defects.get(row.verdict, 0) + row.pairs * is_defect(row.severity, severity)
    classes = []
    for outcome in sorted(reviewed):
        flags = is_defect(Outcome(outcome).severity, severity)
        classes.append(
            VerdictClass(
                given=max(given.get(outcome, 0), reviewed[outcome]),
                reviewed=reviewed[outcome],
                defects=defects[outcome],
                flags=flags,
                passes=not flags and outcome != Outcome.UNDECIDED,
            )
        )
    return [each for each in classes if each.given]


def _totals(classes: Sequence[VerdictClass], counts: Sequence[Sequence[int | None]]) -> list[Estimate]:
    """For each row of counts the sum of given x count / reviewed over the classes, in pairs, bounded at every look.

    None leaves a class out. A class without a review may hold none or only such pairs.
    """
    if not classes:
        return [Estimate(0.0, 0.0, 0.0)] * len(counts)
    chosen = np.array([[k is not None for k in row] for row in counts])
    given, reviewed = np.array([(each.given, each.reviewed) for each in classes], dtype=np.float64).T
    weight, n = chosen * given, chosen * reviewed
    k = np.array([[float(k or 0) for k in row] for row in counts])
    bounds = interval(components(n, k, weight, 1.0, 1.0), ALPHA / len(counts))
    rates = np.divide(k, n, out=np.zeros_like(k), where=n > 0)
    return [
        Estimate(float(rate), float(low), float(high))
        for rate, low, high in zip(np.sum(weight * rates, axis=1), bounds.lower, bounds.upper, strict=True)
    ]


def _share(these: Estimate, others: Estimate) -> Estimate:
    """The share of one part in both, each known up to its bounds; the rate is None where neither was found."""
    one, other = these.rate or 0.0, others.rate or 0.0
    return Estimate(
        one / (one + other) if one + other else None,
        these.lower / (these.lower + others.upper) if these.lower else 0.0,
        these.upper / (these.upper + others.lower) if these.upper + others.lower else 1.0,
    )


def _worth(classes: Sequence[VerdictClass]) -> float:
    """How many equally weighed labels these are worth (Kish 1965): all of them where nothing was chosen by verdict."""
    weights = [(each.given / each.reviewed, each.reviewed) for each in classes if each.reviewed]
    squares = sum(weight * weight * n for weight, n in weights)
    return sum(weight * n for weight, n in weights) ** 2 / squares if squares else 0.0


def _kappa(found: Estimate, missed: Estimate, passed: Estimate, alarms: Estimate, worth: float) -> Kappa:
    table = np.array([[found.rate, missed.rate], [alarms.rate, passed.rate]], dtype=np.float64)
    return cohen_kappa(table * worth / table.sum())
