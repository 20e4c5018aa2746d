"""The closed words of a judgement, each list in one order of badness."""

from enum import StrEnum


class Severity(StrEnum):
    """How bad a defect is; declared from worst to mildest."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"

    def at_least(self, other: "Severity") -> bool:
        """True when this severity is `other` or worse."""
        return list(Severity).index(self) <= list(Severity).index(other)


class Outcome(StrEnum):
    """What a verdict or a review says of a pair."""

    EQUIVALENT = "equivalent"
    CANDIDATE_BETTER = "candidate_better"
    WORSE_MINOR = "worse_minor"
    WORSE_MAJOR = "worse_major"
    WORSE_CRITICAL = "worse_critical"
    BOTH_BAD = "both_bad"
    UNDECIDED = "undecided"

    @property
    def severity(self) -> Severity | None:
        """The severity of the defect, or None when the outcome is no defect.

        An agreed `both_bad` is a defect: the candidate's answer is unusable. It counts as major.
        """
        return _SEVERITY.get(self)


PASSED = frozenset({Outcome.EQUIVALENT, Outcome.CANDIDATE_BETTER})
"""What lets a pair pass; anything else of a judge is a flag, and a person has to look."""
_SEVERITY = {
    Outcome.WORSE_MINOR: Severity.MINOR,
    Outcome.WORSE_MAJOR: Severity.MAJOR,
    Outcome.WORSE_CRITICAL: Severity.CRITICAL,
    Outcome.BOTH_BAD: Severity.MAJOR,
}


class Status(StrEnum):
    """What a check says of a pair."""

    PASS = "PASS"  # noqa: S105
    SKIP = "SKIP"
    ERROR = "ERROR"
    FAIL = "FAIL"


class Stratum(StrEnum):
    """What the checks leave open about a pair.

    `settled`: a check knows the outcome (a hard fail, or ground truth on the row); `disagree` and `agree`: only a judge
    or a person can tell, and production and candidate differ, or do not.
    """

    SETTLED = "settled"
    DISAGREE = "disagree"
    AGREE = "agree"


class State(StrEnum):
    """What readiness says of a phase; declared from best to worst."""

    READY = "ready"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"
    BLOCKED = "blocked"

    @staticmethod
    def worst(states: "list[State]") -> "State":
        """The worst of the states; no state at all is insufficient evidence, never ready."""
        order = list(State)
        return max(states, key=order.index) if states else State.INSUFFICIENT_EVIDENCE


class Phase(StrEnum):
    """The phases of a rollout, in their order."""

    INSTRUMENT = "instrument"
    SHADOW = "shadow"
    LIMITED = "limited"
    EXPAND = "expand"
