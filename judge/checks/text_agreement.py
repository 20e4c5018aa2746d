"""Do both answers read the same?"""

import re
from typing import Any, Literal

from pydantic import Field
from rapidfuzz import fuzz

from connectors.types import Completion
from judge.checking.check import Agreement
from judge.checking.example import Example
from judge.checking.reading import Unreadable, folded, text_of, unpunctuated


class TextAgreement(Agreement[list[str]]):
    """Both answers have the same text, or nearly the same where `min_ratio` allows it. For short answers.

    The texts are normalised first; what is then still different is compared letter by letter, and never when the
    difference touches a number or a "not". The ground truth is a string, or a list of strings that are all right.
    """

    compare: Literal["exact", "folded", "normalised"] = Field(
        default="normalised",
        description='`"normalised"` ignores case, white space, Unicode form (NFKC) and punctuation, but no mark '
        'inside a number: 1.5 is not 15; `"folded"` minds punctuation, `"exact"` everything',
    )
    min_ratio: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="the least likeness of two texts that are the same, 0..1: twice the letters in common, in "
        "order, by the letters of both (rapidfuzz's `ratio`)",
    )

    def value(self, answer: Completion) -> list[str]:
        text = text_of(answer)
        form = self._form(text)
        if not form:
            raise Unreadable("answered with punctuation only")
        return [form]

    def truth(self, ground_truth: Any) -> list[str]:
        accepted = ground_truth if isinstance(ground_truth, list) else [ground_truth]
        if not accepted or not all(isinstance(each, str) for each in accepted):
            raise TypeError("the ground truth is neither a string nor a list of strings")
        return [self._form(each) for each in accepted]

    def difference(self, one: list[str], other: list[str]) -> str:
        if any(self._alike(one[0], each) for each in other):
            return ""
        return _where(one[0], other[0])

    def _alike(self, one: str, other: str) -> bool:
        if one == other:
            return True
        if self.min_ratio == 1 or _telling(one) != _telling(other):
            return False
        return fuzz.ratio(one[:_COMPARED], other[:_COMPARED]) >= 100 * self.min_ratio and (
            one[_COMPARED:] == other[_COMPARED:]
        )

    def _form(self, text: str) -> str:
        if self.compare == "exact":
            return text
        return folded(text) if self.compare == "folded" else unpunctuated(text)


def _where(one: str, other: str) -> str:
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"from character {start + 1} on, {one[start : start + 40]!r} against {other[start : start + 40]!r}"


def _telling(text: str) -> list[str]:
    """What turns the meaning of a text round although it is short: its numbers and its negations."""
    return _TELLING.findall(text)


_COMPARED = 4000
_TELLING = re.compile(
    r"\d+|\b(?:not|no|never|none|neither|nor|without|cannot|can|nicht|kein\w*|ne|pas|sin)\b|n['’]t\b|n t\b"
)
PASSES = [
    Example(production="Your order was sent.", candidate="your order  was sent"),
    Example(production="Straße", candidate="STRASSE", settings={"compare": "folded"}),
    Example(production="42", candidate="42", settings={"compare": "exact"}, truth="42"),
    Example(production="The parcel was sent", candidate="The parcels were sent", settings={"min_ratio": 0.85}),
    Example(production="Paris", candidate="Paris, France", truth=["Paris", "Paris, France"]),
]
FAILS = [
    Example(production="It costs 1.5 EUR.", candidate="It costs 15 EUR."),
    Example(production="-5", candidate="5"),
    Example(production="Yes", candidate="yes", settings={"compare": "exact"}),
    Example(production="Yes", candidate=""),
    Example(production="It is sent", candidate="It is not sent", settings={"min_ratio": 0.7}),
    Example(production="Order 4711 is on its way", candidate="Order 4712 is on its way", settings={"min_ratio": 0.7}),
    Example(production="Paris", candidate="Paris", truth="London"),
]
