"""Do both answers read the same?"""

from typing import Any, Literal

from connectors.types import Completion
from judge.checking.check import Agreement
from judge.checking.example import Example
from judge.checking.reading import Unreadable, folded, text_of, unpunctuated


class TextAgreement(Agreement[str]):
    """Both answers have the same text. The right answer, where known, is a string.

    `compare`: "exact" takes every character; "folded" ignores case, white space and Unicode form (NFKC);
    "normalised", the default, ignores punctuation as well, but not inside numbers.
    """

    compare: Literal["exact", "folded", "normalised"] = "normalised"

    def value(self, answer: Completion) -> str:
        text = text_of(answer)
        form = self._form(text)
        if not form:
            raise Unreadable("answered with punctuation only")
        return form

    def truth(self, ground_truth: Any) -> str:
        if not isinstance(ground_truth, str):
            raise TypeError("the ground truth is not a string")
        return self._form(ground_truth)

    def difference(self, one: str, other: str) -> str:
        if one == other:
            return ""
        start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
        return f"from character {start + 1} on, {one[start : start + 40]!r} against {other[start : start + 40]!r}"

    def _form(self, text: str) -> str:
        if self.compare == "exact":
            return text
        return folded(text) if self.compare == "folded" else unpunctuated(text)


PASSES = [
    Example(production="Your order was sent.", candidate="your order  was sent"),
    Example(production="Straße", candidate="STRASSE", settings={"compare": "folded"}),
    Example(production="42", candidate="42", settings={"compare": "exact"}, truth="42"),
]
FAILS = [
    Example(production="It costs 1.5 EUR.", candidate="It costs 15 EUR."),
    Example(production="-5", candidate="5"),
    Example(production="Yes", candidate="yes", settings={"compare": "exact"}),
    Example(production="Yes", candidate=""),
    Example(production="Paris", candidate="Paris", truth="London"),
]
