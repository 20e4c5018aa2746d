"""Do both answers come to the same number?"""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from connectors.types import Completion
from judge.checking.check import Agreement
from judge.checking.example import Example
from judge.checking.numbers import Mark, digits_in, number_of, numbers_in
from judge.checking.reading import Unreadable, text_of, truth_at


class NumericAgreement(Agreement[float]):
    """Both answers come to the same number, which may stand at the end of a text that reasons.

    The ground truth is a number, text whose last number it is, or an object with it under `truth_field`.
    """

    take: Literal["last", "first", "only"] = Field(
        default="last",
        description="which number of an answer counts; an answer with several has none if `only` one may",
    )
    within: float = Field(default=0.0, ge=0, description="how far apart two numbers may be that are the same")
    within_share: float = Field(
        default=0.0, ge=0, lt=1, description="the same as a share of the larger one: 0.01 is one per cent"
    )
    mark: Mark = Field(default=".", description="what parts the decimals; the other mark parts the thousands")
    digits: bool = Field(
        default=False,
        description="read runs of digits, without sign and decimals, instead of numbers, as RouteLLM's harness does",
    )

    def value(self, answer: Completion) -> float:
        return self._taken(text_of(answer))

    def truth(self, ground_truth: Any) -> float:
        given = truth_at(ground_truth, None)
        number = number_of(given, self.mark)
        if number is not None and not self.digits:
            return number
        return self._taken(str(given))

    def difference(self, one: float, other: float) -> str:
        allowed = max(self.within, self.within_share * max(abs(one), abs(other)))
        return "" if abs(one - other) <= allowed else f"{one:.12g} against {other:.12g}"

    def _taken(self, text: str) -> float:
        found = digits_in(text) if self.digits else numbers_in(text, self.mark)
        return _one(found, self.take)


def _one(found: Iterable[Any], take: str) -> float:
    numbers = list(found)
    if not numbers:
        raise Unreadable("gave no number")
    if take == "only" and len({each.value for each in numbers}) > 1:
        raise Unreadable(f"gave {len(numbers)} numbers")
    return float(numbers[0 if take == "first" else -1].value)


PASSES = [
    Example(production="3 * 4 = 12, so 12 parcels.", candidate="#### 12.0"),
    Example(production="1,250", candidate="1250.0"),
    Example(production="9.99", candidate="10", settings={"within": 0.02}),
    Example(production="1.250,50 EUR", candidate="1250,5", settings={"mark": ","}),
    Example(production="It is 7", candidate="7", truth={"answer": 7}),
]
FAILS = [
    Example(production="12", candidate="13"),
    Example(production="-5", candidate="5"),
    Example(production="12", candidate="a dozen"),
    Example(production="4 or 5", candidate="4 or 5", settings={"take": "only"}),
    Example(production="7", candidate="7", truth=8),
]
