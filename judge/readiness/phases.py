"""What each phase demands, as lines over policy and evidence. Pure."""

from collections.abc import Callable, Mapping
from typing import Literal

from judge.calibration.calibrate import calibrate
from judge.evidence.record import Evidence
from judge.outcomes import Phase, State
from judge.readiness.arms import arms
from judge.readiness.defects import BY_CHANCE
from judge.readiness.escalation import escalation
from judge.readiness.leaks import leaks
from judge.readiness.line import Line, count, fact, percent
from judge.readiness.noise import noise_floor
from judge.readiness.policy import Policy
from judge.readiness.quality import quality
from judge.readiness.signed import cycles, phase_signed
from judge.readiness.texts import nobody_can_read, texts

MAX_CHECK_ERRORS = 0.01
MAX_REJECTED = 0.01


def instrument(policy: Policy, evidence: Evidence) -> list[Line]:
    """Phase 1: what is captured is complete, scrubbed and checked."""
    scrubbed = [_scrubbed(evidence), *leaks(policy, evidence)]
    return [_funnel(evidence), _captured(policy, evidence), *scrubbed, _check_errors(policy, evidence)]


def shadow(policy: Policy, evidence: Evidence) -> list[Line]:
    """Phase 2: what the numbers rest on is itself known. No user is affected."""
    return [
        _all_checked(evidence),
        *texts(evidence),
        _judge(policy, evidence),
        *arms(policy, evidence),
        noise_floor(policy, evidence),
        escalation(policy, evidence),
    ]


def limited(policy: Policy, evidence: Evidence) -> list[Line]:
    """Phase 3: the candidate serves within its budgets."""
    earlier = [phase_signed(policy, evidence, Phase.INSTRUMENT), phase_signed(policy, evidence, Phase.SHADOW)]
    return [*earlier, *_traffic(policy, evidence), *arms(policy, evidence), *quality(policy, evidence, Phase.LIMITED)]


def expand(policy: Policy, evidence: Evidence) -> list[Line]:
    """Phase 4: the budgets of phase 3 have held for the release cycles asked for, and hold today."""
    earlier = [phase_signed(policy, evidence, Phase.LIMITED), cycles(policy, evidence)]
    return [*earlier, *_traffic(policy, evidence), *arms(policy, evidence), *quality(policy, evidence, Phase.EXPAND)]


LINES: Mapping[Phase, Callable[[Policy, Evidence], list[Line]]] = {
    Phase.INSTRUMENT: instrument,
    Phase.SHADOW: shadow,
    Phase.LIMITED: limited,
    Phase.EXPAND: expand,
}


def _funnel(evidence: Evidence) -> Line:
    intake = evidence.intake
    fates = (
        f"funnel: {intake.paired:,} paired, {intake.skipped:,} skipped, {intake.shed:,} shed in this workflow, "
        f"{intake.rejected:,} rejected in all"
    )
    if intake.missing or intake.repeats:
        odd = f"{count(intake.missing, 'record')} without a fate, {count(intake.repeats, 'pair')} stored twice"
        return fact("funnel", False, f"{fates}; {odd}", f"funnel: {odd}; find out where they went")
    share = intake.rejected / max(1, intake.rejected + intake.paired + intake.skipped + intake.shed)
    if share > MAX_REJECTED:
        unread = f"{percent(share)} of the records cannot be read, allowed {percent(MAX_REJECTED)}"
        return fact("funnel", False, f"{fates}; {unread}", f"funnel: {unread}; see the reasons on the health page")
    if not intake.paired:
        return fact("funnel", False, "funnel: nothing has been captured", "funnel: records from the source")
    return fact("funnel", True, f"{fates}; every record is accounted for")


def _traffic(policy: Policy, evidence: Evidence) -> list[Line]:
    """Is what was mirrored complete, checked, and enough of the days and hours that production has?"""
    return [
        _funnel(evidence),
        _all_checked(evidence),
        _spread("days", "day", evidence.days, policy.min_days),
        _spread("hours", "hour of the day", evidence.hours, policy.min_hours),
    ]


def _spread(name: Literal["days", "hours"], noun: str, found: int, wanted: int) -> Line:
    some = count(found, noun).replace("hour of the days", "hours of the day")
    more = count(wanted - found, f"more {noun}").replace("hour of the days", "hours of the day")
    return fact(
        name,
        found >= wanted,
        f"{name}: pairs of {some}, wanted {wanted}",
        f"{name}: pairs of {more}",
        value=found,
        budget=wanted,
        unit=name,
    )


def _captured(policy: Policy, evidence: Evidence) -> Line:
    wanted = policy.min_captured - evidence.captured
    return fact(
        "captured",
        wanted <= 0,
        f"captured: {count(evidence.captured, 'pair')}, wanted {policy.min_captured:,}",
        f"captured: {count(wanted, 'more pair')}",
        value=evidence.captured,
        budget=policy.min_captured,
        unit="pairs",
    )


def _scrubbed(evidence: Evidence) -> Line:
    if not evidence.captured:
        return fact("scrubbed", False, "scrubbed: no pair to look at", "scrubbed: pairs")
    bad = evidence.unscrubbed
    versions = ", ".join(evidence.versions.scrub) or "none"
    if bad:
        return fact("scrubbed", False, f"scrubbed: {count(bad, 'pair')} went unscrubbed")
    return fact("scrubbed", True, f"scrubbed: all {count(evidence.captured, 'pair')}, rules {versions}")


def _check_errors(policy: Policy, evidence: Evidence) -> Line:
    if not policy.checks:
        missing = f"checks: write [[workflows.{evidence.workflow}.checks]] in the configuration"
        return fact("checks", False, "checks: none is configured", missing)
    if not evidence.checked:
        return fact("checks", False, "checks: no pair has been checked", "checks: run the scorer")
    errors = {row.check: row.pairs for row in evidence.checks if row.status == "ERROR"}
    name, most = max(errors.items(), key=lambda item: item[1], default=("", 0))
    share = most / evidence.checked
    if share > MAX_CHECK_ERRORS:
        broken = f"checks: {name} crashes on {percent(share)} of the pairs, allowed {percent(MAX_CHECK_ERRORS)}"
        return fact("checks", False, broken, f"checks: mend {name}")
    return fact("checks", True, f"checks: {', '.join(policy.checks)} on {count(evidence.checked, 'pair')}")


def _all_checked(evidence: Evidence) -> Line:
    late = evidence.overdue
    if not evidence.checked:
        return fact("checked", False, "checked: no pair has been checked", "checked: run the scorer")
    if late:
        sentence = f"checked: {late:,} of {count(evidence.captured, 'pair')} have waited for more than a minute"
        return fact("checked", False, sentence, "checked: run the scorer")
    return fact("checked", True, f"checked: {evidence.checked:,} of {count(evidence.captured, 'pair')}, none overdue")


def _judge(policy: Policy, evidence: Evidence) -> Line:
    still_open = sum(evidence.strata.values())
    if policy.judge is None:
        if evidence.checked and not still_open:
            return fact("judge", True, "judge: none is needed, checks settle every pair")
        if still_open and evidence.textless.left_open >= still_open:
            unread = f"judge: none; nobody can read the {count(still_open, 'pair')} that checks leave open"
            return fact("judge", False, unread, f"judge: {nobody_can_read(evidence)}")
        offered = sum(row.pairs for row in evidence.labels if row.offered in BY_CHANCE)
        sentence = (
            f"judge: none; people label a random sample of the {count(still_open, 'pair')} that checks leave open"
        )
        return fact(
            "judge", still_open > 0 and offered > 0, sentence, "judge: reviews that the plan offers, or a judge"
        )
    calibration = calibrate(policy.judge, evidence.judge)
    reviewers = calibration.reviewers.agreement
    return Line(
        name="judge",
        state=calibration.state,
        sentence=f"judge: {calibration.sentence}",
        missing=f"judge: {calibration.sentence}" if calibration.state is State.INSUFFICIENT_EVIDENCE else None,
        value=reviewers.rate,
        lower=reviewers.lower,
        upper=reviewers.upper,
        budget=policy.judge.min_agreement,
    )
