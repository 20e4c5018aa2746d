"""From evidence to the counts of a severity or worse, and the decision on them. Pure.

What the judge flags (anything but "equivalent" and "candidate better", undecided too) goes to a person; what it lets
pass is audited. A flag is one for all severities, so every judged pair is either confirmed by people or open to audit.
"""

from collections.abc import Iterable, Mapping

import msgspec

from judge.evidence.record import Evidence, Labelled
from judge.outcomes import PASSED, Outcome, Severity, Stratum
from judge.readiness.policy import Policy
from judge.statistics import at_hand
from judge.statistics.cell import Cell, Mode, Pool, Sample
from judge.statistics.counts import mix_of
from judge.statistics.decision import Decision
from judge.statistics.guard import guard
from judge.statistics.modes import LEAST_POOL, SLACK, choose_mode

OPEN = (Stratum.AGREE, Stratum.DISAGREE)
BY_CHANCE = frozenset({"random", "audit"})


class Alarm(msgspec.Struct, frozen=True):
    """The judge guard has fired: of `audited` disagreements that the judge let pass, people found `missed` defects."""

    missed: int
    audited: int


def is_defect(found: str | None, severity: Severity) -> bool:
    """True when what was found is a defect of `severity` or worse."""
    return found is not None and Severity(found).at_least(severity)


def flagged(verdict: str) -> bool:
    """True when the judge does not let a pair pass: a person has to look."""
    return Outcome(verdict) not in PASSED


def mode_of(policy: Policy, evidence: Evidence) -> Mode:
    """How the labels of a candidate become evidence on its defects.

    While no person has labelled anything it is local mode too: every flag is pending and nothing is audited, so that
    only what the checks settle can decide.
    """
    if policy.judge is None or policy.judge_as_truth is not None:
        return Mode.CLEAN
    return choose_mode(_pool_size(evidence), human_labels=True, guard_quiet=alarm(evidence) is None)


def alarm(evidence: Evidence) -> Alarm | None:
    """The judge guard, where it fired: audits of disagreements find more misses than the pool allows for.

    The pool's likeliest miss rate, times the slack of pooled mode; of the flagged and confirmed the upper bound, so
    that a few audits do not set it off before there are verdicts.
    """
    if _pool_size(evidence) < LEAST_POOL:
        return None
    worst = Severity.MINOR
    found = _confirmed([row for row in evidence.labels if row.stratum == Stratum.DISAGREE], 0, worst)
    known = pool(evidence, worst)
    missed = sum(
        row.pairs
        for row in evidence.labels
        if row.stratum == Stratum.DISAGREE and _is_miss(row) and row.offered in BY_CHANCE
    )
    if not found.audited or not known.size:
        return None
    miss_rate = min(1.0, SLACK * (known.missed + known.prior_missed) / known.size)
    flagged_rate = at_hand.rates([at_hand.Rate(found.confirmed + found.pending, found.judged, limit=0.5)])[0][1]
    defect_rate = flagged_rate / (1 - miss_rate) if flagged_rate < 1 - miss_rate else 1.0
    fired = bool(guard(missed, found.audited, defect_rate=defect_rate, miss_rate=miss_rate).fired)
    return Alarm(missed, found.audited) if fired else None


def is_provisional(policy: Policy, evidence: Evidence) -> bool:
    """True while the judge has spoken and no person has."""
    if policy.judge is None or policy.judge_as_truth is not None:
        return False
    return bool(evidence.labels) and all(row.review is None for row in evidence.labels)


def cell(policy: Policy, evidence: Evidence, severity: Severity, mode: Mode) -> Cell:
    """The counts of a severity or worse, over all strata."""
    settled = sum(row.pairs for row in evidence.settled)
    return Cell(
        budget=policy.budgets[severity],
        checked=settled + sum(evidence.strata.values()),
        settled=sum(row.pairs for row in evidence.settled if is_defect(row.severity, severity)),
        samples={
            str(stratum): sample(evidence.labels, stratum, evidence.strata.get(stratum, 0), severity, mode, policy)
            for stratum in OPEN
        },
        mode=mode,
        pool=pool(evidence, severity),
        mix=mix_of(evidence.first, map(str, OPEN)),
    )


def decisions(policy: Policy, evidence: Evidence, alpha: float) -> Mapping[Severity, Decision]:
    """The decision on the budget of each severity, with bounds that hold with 1 - alpha."""
    return dict(zip(Severity, at_hand.decisions([(each, alpha) for each in cells(policy, evidence)]), strict=True))


def cells(policy: Policy, evidence: Evidence) -> list[Cell]:
    """The counts of each severity or worse, over all strata."""
    mode = mode_of(policy, evidence)
    return [cell(policy, evidence, severity, mode) for severity in Severity]


def sample(
    labels: Iterable[Labelled], stratum: Stratum, pairs: int, severity: Severity, mode: Mode, policy: Policy
) -> Sample:
    """What the labels say of one stratum, of which there are `pairs`."""
    rows = [row for row in labels if row.stratum == stratum]
    if mode is not Mode.CLEAN:
        return _confirmed(rows, pairs, severity)
    if policy.judge is None:
        labelled = [(row.review, row.pairs) for row in rows if row.offered in BY_CHANCE]
    else:
        labelled = [(row.review or row.verdict, row.pairs) for row in rows if row.verdict is not None]
    known = [(Outcome(label), n) for label, n in labelled if label is not None]
    return Sample(
        pairs=pairs,
        judged=sum(n for _, n in known),
        confirmed=sum(n for label, n in known if is_defect(label.severity, severity)),
        pending=sum(n for label, n in known if label is Outcome.UNDECIDED),
    )


def pool(evidence: Evidence, severity: Severity) -> Pool:
    """The judge's record on defects that people found without it, of this severity or worse."""
    rows = [row for row in evidence.judge.pool if is_defect(row.severity, severity)]

    def total(first_half: bool, missed_only: bool) -> int:
        return sum(row.pairs for row in rows if row.first_half is first_half and not (missed_only and row.found))

    return Pool(
        defects=total(False, False),
        missed=total(False, True),
        prior_defects=total(True, False),
        prior_missed=total(True, True),
    )


def _pool_size(evidence: Evidence) -> int:
    return sum(row.pairs for row in evidence.judge.pool)


def _is_miss(row: Labelled) -> bool:
    """A defect that a person found where the judge let pass; an audit that nobody could decide is none here."""
    let_pass = row.verdict is not None and not flagged(row.verdict)
    return let_pass and row.review is not None and is_defect(Outcome(row.review).severity, Severity.MINOR)


def _confirmed(rows: list[Labelled], pairs: int, severity: Severity) -> Sample:
    """Verdicts whose flags people confirm. A person who cannot decide an audit has not cleared the judge: a miss."""
    judged = confirmed = pending = audited = missed = 0
    for row in rows:
        if row.verdict is None:
            continue
        judged += row.pairs
        review = None if row.review is None else Outcome(row.review)
        undecided = review is None or review is Outcome.UNDECIDED
        found = review is not None and is_defect(review.severity, severity)
        if flagged(row.verdict):
            confirmed += row.pairs * found
            pending += row.pairs * undecided
        elif row.offered in BY_CHANCE:
            audited += row.pairs
            missed += row.pairs * (found or undecided)
    return Sample(pairs=pairs, judged=judged, confirmed=confirmed, pending=pending, audited=audited, missed=missed)
