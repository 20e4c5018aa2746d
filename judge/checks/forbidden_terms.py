"""Does the answer keep away from terms that the house forbids?"""

from functools import cached_property

from pydantic import Field, field_validator

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.checking.patterns import escape, groups
from judge.checking.reading import Unreadable, folded, said_by
from judge.outcomes import Status
from shadow.types import Pair


class ForbiddenTerms(Validation):
    """The candidate uses none of the forbidden terms, neither in its text nor in the arguments of its tool calls.

    A term counts as a whole word or phrase; case, white space and Unicode form do not matter.
    """

    aspect = "policy"
    terms: list[str] = Field(min_length=1, max_length=1000, description="the forbidden words and phrases")

    @field_validator("terms")
    @classmethod
    def _none_is_empty(cls, terms: list[str]) -> list[str]:
        if not all(folded(term) for term in terms):
            raise ValueError("a term is empty")
        return terms

    @cached_property
    def _any(self) -> str:
        terms = sorted((escape(folded(term)) for term in self.terms), key=len, reverse=True)
        return rf"(?:^|[^\p{{L}}\p{{N}}_])({'|'.join(terms)})(?:$|[^\p{{L}}\p{{N}}_])"

    def __call__(self, pair: Pair) -> Found:
        try:
            said = said_by(pair.candidate)
        except Unreadable as reason:
            return Found(Status.FAIL, f"candidate {reason}")
        for text in said:
            if found := next(groups(self._any, folded(text)), None):
                return Found(Status.FAIL, f"candidate says {found[:60]!r}")
        return PASSED


_TERMS = {"terms": ["guarantee", "risk free"]}
PASSES = [Example(candidate="We cannot guaranteed say so.", settings=_TERMS, note="another word")]
FAILS = [Example(candidate="It is Risk  Free!", settings=_TERMS)]
