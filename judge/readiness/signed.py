"""What earlier phases must be signed before a phase may begin, as lines. Pure."""

from datetime import date

from judge.evidence.record import Evidence
from judge.outcomes import Phase, State
from judge.readiness.line import Line, count, fact
from judge.readiness.policy import Policy
from judge.signing.standing import Standing, signed, terms_of


def phase_signed(policy: Policy, evidence: Evidence, phase: Phase) -> Line:
    """Does an earlier phase of this candidate stand approved?"""
    found = signed(
        evidence.decisions,
        evidence.fingerprint,
        phase,
        policy.signoff,
        terms_of(policy, evidence.versions),
        evidence.as_of,
    )
    name = f"{phase} signed"
    if found.standing is Standing.REJECTED:
        return Line(name=name, state=State.BLOCKED, sentence=f"{found.sentence}: blocked")
    holds = found.standing is Standing.APPROVED
    return fact(name, holds, found.sentence, None if holds else f"{found.sentence.partition(';')[0]}; sign it off")


def cycles(policy: Policy, evidence: Evidence) -> Line:
    """Release cycles since the last rejection: days on which phase 3 of this candidate was approved, not waived."""
    days: set[date] = set()
    for decision in evidence.decisions:
        if decision.phase == Phase.LIMITED and decision.fingerprint == evidence.fingerprint:
            if decision.decision == "reject":
                days = set()
            elif decision.decision == "approve":
                days = days | {decision.signed_at.date()}
    left = policy.cycles_to_expand - len(days)
    return fact(
        "cycles",
        left <= 0,
        f"cycles: limited was approved on {count(len(days), 'day')}, wanted {policy.cycles_to_expand}",
        f"cycles: sign limited off in {count(left, 'more release cycle')}",
        value=len(days),
        budget=policy.cycles_to_expand,
        unit="cycles",
    )
