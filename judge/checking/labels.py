"""The label an answer names, in the words of a closed list."""

from typing import Any, Self

from pydantic import Field, model_validator

from connectors.types import Completion
from judge.checking.reading import Unreadable, folded, json_of, text_of
from shadow.strict import Strict


class Vocabulary(Strict):
    """How a workflow writes its labels; shared by the checks that read labels."""

    labels: list[str] | None = Field(default=None, min_length=1)
    aliases: dict[str, str] = Field(default_factory=dict)
    field: str | None = None

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

    def read(self, answer: Completion) -> str:
        """The label that an answer names; raises Unreadable when it names none of the list."""
        text = text_of(answer)
        return self.known(text if self.field is None else self.pick(json_of(text)))

    def known(self, written: Any) -> str:
        """The label behind one spelling of it, as in `labels` where there is a list; raises Unreadable for no label."""
        if not isinstance(written, str) or not written.strip():
            raise Unreadable("gave no label")
        aliases = {folded(alias): label for alias, label in self.aliases.items()}
        label = aliases.get(folded(written), written)
        if self.labels is None:
            return folded(label)
        spelt = {folded(each): each for each in self.labels}
        if folded(label) not in spelt:
            raise Unreadable(f"gave {written.strip()[:60]!r}, which is not in labels")
        return spelt[folded(label)]

    def pick(self, value: Any) -> Any:
        """The label's field of a JSON object; raises Unreadable when it is not there."""
        if not isinstance(value, dict) or self.field not in value:
            raise Unreadable(f"gave no JSON object with the field {self.field!r}")
        return value[self.field]
