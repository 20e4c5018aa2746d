"""How often production disagrees with itself, and the candidate with production, on the same requests. Pure."""

from judge.evidence.record import Evidence
from judge.readiness.line import Line, fact
from judge.readiness.policy import Policy

NAME = "noise floor"


def noise_floor(policy: Policy, evidence: Evidence) -> Line:
    """The candidate's differences beside production's own: without it nobody knows what a difference means."""
    if not policy.noise_floor:
        return fact(NAME, True, f"{NAME}: not asked for by the policy")
    return fact(NAME, False, f"{NAME}: production's disagreement with itself is not measured yet")
