"""Does the answer hold the phrases it must, and none that it must not?"""

from typing import Self

from pydantic import Field, model_validator

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.checking.reading import Unreadable, folded, text_of
from judge.outcomes import Status
from shadow.types import Pair


class Contains(Validation):
    """The candidate's text holds the phrases that it must, none that it must not, and begins and ends as it should.

    White space and Unicode form never matter, case only where `case` says so.
    """

    aspect = "format"
    must: list[str] = Field(default=[], description="phrases that are all there")
    any_of: list[str] = Field(default=[], description="phrases of which one is there")
    must_not: list[str] = Field(default=[], description="phrases of which none is there")
    starts_with: str | None = Field(default=None, description="how the text begins")
    ends_with: str | None = Field(default=None, description="how the text ends")
    case: bool = Field(default=False, description="case matters")

    @model_validator(mode="after")
    def _demands_something(self) -> Self:
        phrases = [*self.must, *self.any_of, *self.must_not]
        phrases += [each for each in (self.starts_with, self.ends_with) if each is not None]
        if not phrases or not all(each.strip() for each in phrases):
            raise ValueError("give at least one phrase, and none that is empty")
        return self

    def __call__(self, pair: Pair) -> Found:
        try:
            text = self._form(text_of(pair.candidate))
        except Unreadable as reason:
            return Found(Status.FAIL, f"candidate {reason}")
        broken = self._broken(text)
        return Found(Status.FAIL, f"candidate {broken}") if broken else PASSED

    def _broken(self, text: str) -> str:
        for phrase in self.must:
            if self._form(phrase) not in text:
                return f"lacks {phrase!r}"
        for phrase in self.must_not:
            if self._form(phrase) in text:
                return f"holds {phrase!r}"
        if self.any_of and not any(self._form(phrase) in text for phrase in self.any_of):
            return f"lacks all of {', '.join(map(repr, self.any_of))}"
        if self.starts_with is not None and not text.startswith(self._form(self.starts_with)):
            return f"does not begin with {self.starts_with!r}"
        if self.ends_with is not None and not text.endswith(self._form(self.ends_with)):
            return f"does not end with {self.ends_with!r}"
        return ""

    def _form(self, text: str) -> str:
        return " ".join(text.split()) if self.case else folded(text)


PASSES = [
    Example(candidate="Hello! It was sent.\nKind regards", settings={"must": ["sent"], "ends_with": "kind regards"}),
    Example(candidate="It is on its way.", settings={"any_of": ["on its way", "delivered"], "must_not": ["sorry"]}),
]
FAILS = [
    Example(candidate="It was sent.", settings={"must": ["tracking"]}),
    Example(candidate="Sorry, no.", settings={"must_not": ["sorry"]}),
    Example(candidate="hello", settings={"starts_with": "Hello", "case": True}),
]
