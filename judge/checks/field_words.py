"""Do both answers extract the same words into the same fields?"""

from typing import Any, Self

from pydantic import Field, model_validator

from connectors.types import Completion
from judge.checking.check import Agreement
from judge.checking.example import Example
from judge.checking.reading import Unreadable, json_of, text_of, unfenced
from judge.checking.wordsets import Words, overlaps, word_sets


class FieldWords(Agreement[Words]):
    """Both answers are JSON entries with nearly the same words in each field, counted over all entries.

    For extraction into free text, where a word more or less is no other answer: a field agrees when its F1, the
    harmonic mean of precision and recall over different words, is high enough. An entry is an object; several are a
    list. The ground truth has the same form, as a value or as JSON text.
    """

    fields: list[str] = Field(
        min_length=1, description="the fields that are compared; each holds text or a list of texts"
    )
    root: str | None = Field(
        default=None,
        description="a field to whose value the words of the others belong; the links are compared as well",
    )
    min_f1: float = Field(default=0.8, gt=0, le=1, description="the least F1 of a field that agrees, 0..1")

    @model_validator(mode="after")
    def _root_is_a_field(self) -> Self:
        if self.root is not None and self.root not in self.fields:
            raise ValueError(f"the root {self.root!r} is not in fields")
        return self

    def value(self, answer: Completion) -> Words:
        return self._words(json_of(unfenced(text_of(answer))))

    def truth(self, ground_truth: Any) -> Words:
        return self._words(json_of(ground_truth) if isinstance(ground_truth, str) else ground_truth)

    def difference(self, one: Words, other: Words) -> str:
        off = [(name, each) for name, each in overlaps(one, other).items() if each.f1 < self.min_f1]
        return "; ".join(f"{name}: F1 {each.f1:.2f}, {each.both} words in common" for name, each in off)

    def _words(self, value: Any) -> Words:
        entries = value if isinstance(value, list) else [value]
        if not all(isinstance(each, dict) for each in entries):
            raise Unreadable("gave no JSON objects")
        return word_sets(entries, self.fields, self.root)


_LAMP = {"fields": ["name", "uses"]}
PASSES = [
    Example(
        production='[{"name": "ZnO", "uses": ["blue light emitting diode"]}]',
        candidate='[{"name": "ZnO", "uses": ["light emitting diode"]}]',
        settings=_LAMP,
    ),
    Example(production='{"name": "ZnO"}', candidate='{"name": "ZnO"}', truth=[{"name": "ZnO"}], settings=_LAMP),
]
FAILS = [
    Example(production='[{"name": "ZnO"}]', candidate='[{"name": "ZnS"}]', settings=_LAMP),
    Example(production='[{"name": "ZnO"}]', candidate="zinc oxide", settings=_LAMP),
    Example(
        production='[{"name": "ZnO", "uses": "diode"}, {"name": "ZnS", "uses": "lamp"}]',
        candidate='[{"name": "ZnO", "uses": "lamp"}, {"name": "ZnS", "uses": "diode"}]',
        settings={**_LAMP, "root": "name"},
        note="the same words, linked the wrong way round",
    ),
]
