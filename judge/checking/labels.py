"""The labels an answer names, in the words of a closed list."""

from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from connectors.types import Completion
from judge.checking.reading import Unreadable, folded, json_of, text_of
from shadow.strict import Strict


class Vocabulary(Strict):
    """How a workflow writes its labels; shared by the checks that read labels."""

    labels: list[str] | None = Field(
        default=None,
        min_length=1,
        description="the known labels; an answer that is none of them agrees with nothing. Without it any text is one",
    )
    aliases: dict[str, str] = Field(
        default_factory=dict, description="other spellings that the program behind accepts, each with its label"
    )
    field: str | None = Field(
        default=None, description="the answer is a JSON object, and this field of it holds the label or labels"
    )
    several: Literal["comma", "line", "json"] | None = Field(
        default=None,
        description="an answer may name several labels, in any order: parted by commas, one a line, or a JSON list",
    )

    @model_validator(mode="after")
    def _aliases_name_labels(self) -> Self:
        spelt = {folded(label) for label in self.labels or ()}
        if self.labels is not None and len(spelt) < len(self.labels):
            raise ValueError("two labels differ in case or white space only")
        for alias, label in self.aliases.items():
            if self.labels is not None and folded(label) not in spelt:
                raise ValueError(f"the alias {alias!r} stands for {label!r}, which is not in labels")
            if folded(alias) in spelt:
                raise ValueError(f"the alias {alias!r} is a label itself")
        return self

    def read_labels(self, answer: Completion) -> frozenset[str]:
        """The labels that an answer names; raises Unreadable when it names none, or one that is not of the list."""
        text = text_of(answer)
        written: Any = text if self.field is None else self.pick(json_of(text))
        if self.several == "json" and self.field is None:
            written = json_of(text)
        return self.named(written)

    def named(self, written: Any) -> frozenset[str]:
        """The labels behind what is written; raises Unreadable as `read_labels` does."""
        if self.several is None:
            return frozenset([self.known(written)])
        if isinstance(written, str):
            written = written.split("," if self.several == "comma" else "\n")
        if not isinstance(written, list):
            raise Unreadable("gave no list of labels")
        parts = [each for each in written if not isinstance(each, str) or each.strip()]
        if not parts:
            raise Unreadable("gave no label")
        return frozenset(self.known(each) for each in parts)

    def known(self, written: Any) -> str:
        """The label behind one spelling of it, as in `labels` where there is a list; raises Unreadable for no label."""
        if not isinstance(written, str) or not written.strip():
            raise Unreadable("gave no label")
        form = folded(written)
        if self.labels is None:
            return self._spellings.get(form, form)
        if form not in self._spellings:
            raise Unreadable(f"gave {written.strip()[:60]!r}, which is not in labels")
        return self._spellings[form]

    def pick(self, value: Any) -> Any:
        """The label's field of a JSON object; raises Unreadable when it is not there."""
        if not isinstance(value, dict) or self.field not in value:
            raise Unreadable(f"gave no JSON object with the field {self.field!r}")
        return value[self.field]

    @cached_property
    def _spellings(self) -> dict[str, str]:
        """Every spelling, folded, with the label it stands for; without a list the label is folded as well."""
        own = {folded(label): label for label in self.labels or ()}
        aliases = {folded(alias): own.get(folded(label), folded(label)) for alias, label in self.aliases.items()}
        return own | aliases
