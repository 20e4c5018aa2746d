"""What a check is: settings from the configuration, called with a pair, answering with what it found."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, Literal, TypeVar

import msgspec
from pydantic import Field

from connectors.types import Completion, Request
from judge.checking.reading import Unreadable, truth_at
from judge.outcomes import Severity, Status
from shadow.strict import Strict
from shadow.types import Pair

Kind = Literal["validation", "agreement"]
Right = Literal["production", "candidate", "both", "neither"]
Aspect = Literal["content", "format", "policy", "service"]
V = TypeVar("V")
CANDIDATE_ERROR = "candidate_error"
"""The name of the failure that a candidate's failed call is; no check may be called so."""


class Found(msgspec.Struct, frozen=True, gc=False):
    """What a check says of one pair: a status, a sentence for a person, and who is right where ground truth tells."""

    status: Status
    detail: str = ""
    who_is_right: Right | None = None


PASSED = Found(Status.PASS)


class Check(Strict, ABC):
    """One check: its fields are the keys that its table in the configuration takes.

    `version` goes up when the same pair may come out differently. `severity` is that of the defect a failure means,
    unless the configuration says another; None: a failure is reported and is no defect. `aspect` is what a failure is
    about: what was said (content), how it was written (format), what must not be said (policy), or how it was served.
    """

    version: ClassVar[int] = 1
    kind: ClassVar[Kind]
    aspect: ClassVar[Aspect] = "content"
    severity: ClassVar[Severity | None] = Severity.MAJOR

    @abstractmethod
    def __call__(self, pair: Pair) -> Found:
        """What it finds in a pair whose candidate answered; may raise, which counts as ERROR and never as a pass."""


class Validation(Check):
    """A check of the candidate's answer alone: FAIL means that the answer is bad whatever production said."""

    kind = "validation"


class Agreement(Check, Generic[V]):
    """A comparison of both answers, and of each with the ground truth where the pair has one.

    Without ground truth FAIL means that the two differ, which is no defect by itself: production may be the one that is
    wrong. With it PASS means that both are right, and FAIL that one of them, or neither, is.
    """

    kind = "agreement"
    truth_field: str | None = Field(
        default=None, description="the field of the ground truth that this check needs, where it has several"
    )

    def read(self, answer: Completion, request: Request) -> V:
        """What an answer states, for a check that must know the request as well; raises as `value` does."""
        return self.value(answer)

    @abstractmethod
    def value(self, answer: Completion) -> V:
        """What an answer states; raises Unreadable when it states nothing comparable."""

    @abstractmethod
    def truth(self, ground_truth: Any) -> V:
        """The same of the ground truth; raises when it has a form that this check cannot use."""

    @abstractmethod
    def difference(self, one: V, other: V) -> str:
        """In what the two values differ, in a few words; empty when they are the same."""

    def __call__(self, pair: Pair) -> Found:
        if pair.ground_truth is None and pair.production.error is not None:
            return Found(Status.SKIP, f"production gave no answer: {pair.production.error}")
        production = self._read(pair.production, pair.request)
        candidate = self._read(pair.candidate, pair.request)
        differs = self._differs(production, candidate, "production", "candidate")
        if pair.ground_truth is None:
            return Found(Status.FAIL, differs) if differs else PASSED
        given = pair.ground_truth
        truth = self.truth(given if self.truth_field is None else truth_at(given, self.truth_field))
        production_off = self._differs(production, truth, "production", "truth")
        candidate_off = self._differs(candidate, truth, "candidate", "truth")
        right = who_is_right(not production_off, not candidate_off)
        if right == "both":
            return Found(Status.PASS, "", right)
        return Found(Status.FAIL, candidate_off or differs or production_off, right)

    def _read(self, answer: Completion, request: Request) -> V | Unreadable:
        try:
            return self.read(answer, request)
        except Unreadable as reason:
            return reason

    def _differs(self, one: V | Unreadable, other: V | Unreadable, first: str, second: str) -> str:
        if isinstance(one, Unreadable) or isinstance(other, Unreadable):
            arms = ((first, one), (second, other))
            return "; ".join(f"{arm} {value}" for arm, value in arms if isinstance(value, Unreadable))
        difference = self.difference(one, other)
        return f"{first} and {second} differ: {difference}" if difference else ""


def who_is_right(production: bool, candidate: bool) -> Right:
    """The arms that are right, in one word."""
    if production and candidate:
        return "both"
    if production or candidate:
        return "production" if production else "candidate"
    return "neither"
