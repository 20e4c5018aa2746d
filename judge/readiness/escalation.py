"""What would go on to the large model once the candidate serves, as simulated on pairs whose outcome is known. Pure."""

from judge.evidence.record import Evidence
from judge.readiness.line import Line, fact
from judge.readiness.policy import Policy

NAME = "escalation"


def escalation(policy: Policy, evidence: Evidence) -> Line:
    """Is it known which calls the candidate should pass on?"""
    if not policy.escalation:
        return fact(NAME, True, f"{NAME}: not asked for by the policy")
    return fact(NAME, False, f"{NAME}: not simulated yet")
