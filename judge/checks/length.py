"""Is the answer as long as it should be?"""

from collections.abc import Callable
from typing import Self

from pydantic import Field, model_validator

from judge.checking.check import PASSED, Found, Validation
from judge.checking.counting import bullets, paragraphs, sentences, words
from judge.checking.example import Example
from judge.checking.reading import Unreadable, text_of
from judge.outcomes import Status
from shadow.strict import Strict
from shadow.types import Pair


class Range(Strict):
    """How many there may be; one end may be open."""

    min: int | None = Field(default=None, ge=0)
    max: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max")
        return self

    def broken_by(self, count: int) -> str:
        """Which limit a count breaks, in a few words; empty when it keeps both."""
        if self.min is not None and count < self.min:
            return f"at least {self.min} wanted"
        return f"at most {self.max} wanted" if self.max is not None and count > self.max else ""


_COUNTS: dict[str, Callable[[str], int]] = {
    "characters": len,
    "words": words,
    "sentences": sentences,
    "paragraphs": lambda text: len(paragraphs(text)),
    "bullets": bullets,
    "lines": lambda text: sum(1 for line in text.splitlines() if line.strip()),
}


class Length(Validation):
    """The candidate's text has as many characters, words, sentences, paragraphs, bullets or lines as it should.

    Each is given as a range: `{ min = 1, max = 5 }`, or one end of it.
    """

    aspect = "format"
    characters: Range | None = Field(default=None, description="characters, white space included")
    words: Range | None = Field(default=None, description="runs of letters and digits")
    sentences: Range | None = Field(default=None, description="stretches that end with a mark; the last needs none")
    paragraphs: Range | None = Field(default=None, description="parts between blank lines")
    bullets: Range | None = Field(default=None, description='lines that begin with "*" or "-"')
    lines: Range | None = Field(default=None, description="lines that are not blank")

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if all(getattr(self, name) is None for name in _COUNTS):
            raise ValueError(f"give one of {', '.join(_COUNTS)}")
        return self

    def __call__(self, pair: Pair) -> Found:
        try:
            text = text_of(pair.candidate)
        except Unreadable as reason:
            return Found(Status.FAIL, f"candidate {reason}")
        for name, count in _COUNTS.items():
            limit: Range | None = getattr(self, name)
            if limit is not None and (broken := limit.broken_by(found := count(text))):
                return Found(Status.FAIL, f"candidate has {found} {name}, {broken}")
        return PASSED


PASSES = [
    Example(candidate="Two words.", settings={"words": {"min": 2, "max": 3}, "sentences": {"max": 1}}),
    Example(candidate="Steps:\n* one\n* two", settings={"bullets": {"min": 2, "max": 2}}),
]
FAILS = [
    Example(candidate="Three little words", settings={"words": {"max": 2}}),
    Example(candidate="One. Two.", settings={"sentences": {"max": 1}}),
    Example(candidate="", settings={"characters": {"max": 10}}, note="silence is no short answer"),
]
