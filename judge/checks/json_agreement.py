"""Do both answers hold the same JSON, field by field?"""

from typing import Any

from pydantic import Field

from connectors.types import Completion
from judge.checking.check import Agreement
from judge.checking.example import Example
from judge.checking.fields import Comparison, differences
from judge.checking.reading import Unreadable, json_of, text_of, unfenced


class JsonAgreement(Agreement[Any]):
    """Both answers are JSON, an object or a list, with the same fields and values.

    The order of fields does not matter, that of a list does unless its field is compared as a set. Numbers are compared
    by value, and `true` is not 1. A field that only one of the two has is a difference, unless it is ignored. The
    ground truth is the whole value, or its JSON text.
    """

    fields: dict[str, Comparison] = Field(
        default_factory=dict,
        description="how a field is compared, by its path (`total`, `address.city`, `items[].price`): `exact`; "
        "`folded`, case, white space and Unicode form do not matter; `{ within = 0.01 }` for numbers, also those "
        'written as text; `date`, the day however written, or `{ date = "day_first" }`; `money`, amount and currency; '
        "`{ fuzzy = 0.9 }` for texts; `set`, a list in any order, folded, each item once; `unordered`, a list in any "
        "order; `ignore`. `$` is the whole answer",
    )
    others: Comparison = Field(default="exact", description="how every other field is compared")
    fenced: bool = Field(
        default=False,
        description="read JSON inside a code fence as well, and leave the fence to the check `json_schema`",
    )

    def value(self, answer: Completion) -> Any:
        text = text_of(answer)
        return _structure(json_of(unfenced(text) if self.fenced else text))

    def truth(self, ground_truth: Any) -> Any:
        return _structure(json_of(ground_truth) if isinstance(ground_truth, str) else ground_truth)

    def difference(self, one: Any, other: Any) -> str:
        return "; ".join(differences(one, other, self.fields, self.others))


def _structure(value: Any) -> Any:
    if not isinstance(value, (dict, list)):
        raise Unreadable("gave no JSON object")
    return value


PASSES = [
    Example(production='{"id": "A1", "n": 2}', candidate='{"n": 2.0, "id": "A1"}'),
    Example(production='{"id": "a1"}', candidate='{"id": "A1 "}', settings={"fields": {"id": "folded"}}),
    Example(production='{"eur": 9.99}', candidate='{"eur": "10"}', settings={"fields": {"eur": {"within": 0.02}}}),
    Example(production='{"id": "A1"}', candidate='{"id": "A1", "note": ""}', settings={"fields": {"note": "ignore"}}),
    Example(production='{"id": "A1"}', candidate='{"id": "A1"}', truth={"id": "A1"}),
    Example(
        production='{"total": "€ 1,250.00", "on": "2026-03-04", "lines": [{"sku": "B"}]}',
        candidate='{"total": "1250 EUR", "on": "March 4, 2026", "lines": [{"sku": "b"}]}',
        settings={"fields": {"total": "money", "on": "date", "lines[].sku": "folded"}},
    ),
    Example(production='{"tags": ["a", "b"]}', candidate='{"tags": ["B", "a"]}', settings={"fields": {"tags": "set"}}),
    Example(
        production='{"name": "Jane Doe"}',
        candidate='```json\n{"name": "Jane M. Doe"}\n```',
        settings={"fields": {"name": {"fuzzy": 0.8}}, "fenced": True},
    ),
]
FAILS = [
    Example(production='{"id": "A1"}', candidate='{"id": "A2"}'),
    Example(production='{"id": "A1"}', candidate='{"id": "A1", "note": ""}'),
    Example(production='{"ok": true}', candidate='{"ok": 1}'),
    Example(production='{"id": "A1"}', candidate="A1"),
    Example(production='{"id": "A1"}', candidate='{"id": "A1"}', truth={"id": "A9"}),
    Example(production='{"eur": "5 EUR"}', candidate='{"eur": "5 USD"}', settings={"fields": {"eur": "money"}}),
    Example(
        production='{"on": "soon"}', candidate='{"on": "soon"}', settings={"fields": {"on": "date"}}, note="no date"
    ),
]
