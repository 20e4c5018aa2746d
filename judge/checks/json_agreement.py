"""Do both answers hold the same JSON, field by field?"""

import math
from typing import Any, Literal

from pydantic import Field

from connectors.types import Completion
from judge.checking.check import Agreement
from judge.checking.example import Example
from judge.checking.reading import Unreadable, folded, json_of, text_of
from shadow.strict import Strict

Comparison = Literal["exact", "folded", "ignore"]


class Tolerance(Strict):
    """Numbers, also those written as text, that are at most so far apart are the same."""

    within: float = Field(ge=0)


class JsonAgreement(Agreement[dict[str, Any]]):
    """Both answers are JSON objects with the same fields and values. The right answer, where known, is such an object.

    `fields`: how a field of the object is compared: "exact", "folded" (case, white space and Unicode form do not
    matter), "ignore", or `{ within = 0.01 }` for numbers. `others`: how every field that is not named is compared,
    "exact" unless said otherwise. A field that only one of the two has is a difference, unless it is ignored.
    """

    fields: dict[str, Comparison | Tolerance] = Field(default_factory=dict)
    others: Comparison = "exact"

    def value(self, answer: Completion) -> dict[str, Any]:
        return self._object(json_of(text_of(answer)))

    def truth(self, ground_truth: Any) -> dict[str, Any]:
        return self._object(json_of(ground_truth) if isinstance(ground_truth, str) else ground_truth)

    def difference(self, one: dict[str, Any], other: dict[str, Any]) -> str:
        names = [name for name in (one | other) if self._comparison(name) != "ignore"]
        return "; ".join(text for name in names if (text := self._field(name, one, other)))

    def _object(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Unreadable("gave no JSON object")
        return value

    def _comparison(self, name: str) -> Comparison | Tolerance:
        return self.fields.get(name, self.others)

    def _field(self, name: str, one: dict[str, Any], other: dict[str, Any]) -> str:
        if name not in one or name not in other:
            return f"{name!r} is in one only"
        a, b = one[name], other[name]
        return "" if _same(a, b, self._comparison(name)) else f"{name!r} is {_brief(a)} against {_brief(b)}"


def _same(a: Any, b: Any, how: Comparison | Tolerance) -> bool:
    if isinstance(how, Tolerance):
        x, y = _number(a), _number(b)
        return x is not None and y is not None and abs(x - y) <= how.within
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, str) and isinstance(b, str):
        return folded(a) == folded(b) if how == "folded" else a == b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(_same(x, y, how) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key], how) for key in a)
    return bool(a == b)


def _number(value: Any) -> float | None:
    """A finite number, or text that is one; a truth value is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


PASSES = [
    Example(production='{"id": "A1", "n": 2}', candidate='{"n": 2.0, "id": "A1"}'),
    Example(production='{"id": "a1"}', candidate='{"id": "A1 "}', settings={"fields": {"id": "folded"}}),
    Example(production='{"eur": 9.99}', candidate='{"eur": "10"}', settings={"fields": {"eur": {"within": 0.02}}}),
    Example(production='{"id": "A1"}', candidate='{"id": "A1", "note": ""}', settings={"fields": {"note": "ignore"}}),
    Example(production='{"id": "A1"}', candidate='{"id": "A1"}', truth={"id": "A1"}),
]
FAILS = [
    Example(production='{"id": "A1"}', candidate='{"id": "A2"}'),
    Example(production='{"id": "A1"}', candidate='{"id": "A1", "note": ""}'),
    Example(production='{"ok": true}', candidate='{"ok": 1}'),
    Example(production='{"id": "A1"}', candidate="[]"),
    Example(production='{"id": "A1"}', candidate='{"id": "A1"}', truth={"id": "A9"}),
]
