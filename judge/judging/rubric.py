"""A rubric: what the judge is asked, and the closed list of what it may choose; a TOML file, ours or anybody's."""

import hashlib
import importlib.resources
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

import msgspec
from pydantic import Field, model_validator

from connectors.errors import UserError, unknown
from judge.outcomes import Severity
from shadow.config import validate
from shadow.strict import Strict

Kind = Literal["pairwise", "reference", "severity"]
Worse = Literal["first", "second", "both", "neither", "answer", "nothing", "unknown"]
_COMPARING = frozenset({"first", "second", "both", "neither", "unknown"})
_EXAMINING = frozenset({"answer", "nothing", "unknown"})


class Choice(Strict):
    """One thing the judge may choose: which answer is worse, and how bad that is when it is a single one.

    A pairwise rubric says first, second, both or neither; one that examines a single answer says answer or nothing.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    meaning: str = Field(min_length=1)
    worse: Worse
    severity: Severity | None = None

    @model_validator(mode="after")
    def _severity_of_one(self) -> Self:
        if (self.severity is not None) != (self.worse in ("first", "second", "answer")):
            raise ValueError(
                f"choice {self.name!r}: a severity belongs to worse = 'first', 'second' or 'answer', and only there"
            )
        return self


class Illustration(Strict):
    """A pair that people can read, and what a good judge says of it. The judge never sees it.

    `choice` is what it should choose with `production` shown first, or of the candidate's answer where it examines one.
    """

    request: str = Field(min_length=1)
    production: str
    candidate: str
    reference: str | None = None
    choice: str
    why: str = Field(min_length=1)


class Rubric(Strict):
    """The question, how to decide it, and the choices. Texts longer than the limits are shown without their middle.

    `kind`: `pairwise` compares two answers in both orders, `severity` examines each answer alone, and `reference` does
    so beside the pair's ground truth. `tools`: how much of the tools on offer is shown.
    """

    kind: Kind = "pairwise"
    question: str = Field(min_length=1)
    instructions: str = ""
    choices: list[Choice] = Field(min_length=2)
    tools: Literal["names", "full"] = "names"
    max_request_chars: int = Field(default=12_000, ge=200)
    max_answer_chars: int = Field(default=6_000, ge=200)
    max_reason_chars: int = Field(default=300, ge=40)
    example: list[Illustration] = Field(default=[])

    @property
    def compares(self) -> bool:
        """True when the judge sees both answers at once."""
        return self.kind == "pairwise"

    @model_validator(mode="after")
    def _fair(self) -> Self:
        names = [choice.name for choice in self.choices]
        if len(set(names)) < len(names):
            raise ValueError("two choices have the same name")
        allowed = _COMPARING if self.compares else _EXAMINING
        for choice in self.choices:
            if choice.worse not in allowed:
                raise ValueError(
                    f"choice {choice.name!r}: worse = {choice.worse!r} has no meaning in a rubric of kind "
                    f"{self.kind!r}; it is one of {', '.join(sorted(allowed))}"
                )
        if not self.compares and not {"answer", "nothing"} <= {choice.worse for choice in self.choices}:
            raise ValueError("the choices must offer worse = 'answer' and worse = 'nothing'")
        first, second = ([c.severity for c in self.choices if c.worse == side] for side in ("first", "second"))
        if sorted(map(str, first)) != sorted(map(str, second)):
            raise ValueError("the choices must offer the same severities for the first answer as for the second")
        for each in self.example:
            if each.choice not in names:
                raise ValueError(f"an example has the choice {each.choice!r}, which is none of: {', '.join(names)}")
            if (each.reference is not None) != (self.kind == "reference"):
                raise ValueError("an example has a reference where the kind is 'reference', and only there")
        return self

    @property
    def hash(self) -> str:
        """16 hex digits of what the judge is asked; comments, layout and examples of the file do not count."""
        asked = self.model_dump(mode="json", exclude={"example"})
        return hashlib.sha256(msgspec.json.encode(asked, order="deterministic")).hexdigest()[:16]

    def choice(self, name: str) -> Choice:
        """The choice of a name; KeyError when there is none."""
        return {each.name: each for each in self.choices}[name]


def known_rubrics() -> list[str]:
    """The names of the rubrics that come with the product."""
    folder = importlib.resources.files("judge").joinpath("rubrics")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_rubric(name: str, where: str) -> Rubric:
    """The rubric of a name, or in a file when `name` ends in .toml. Raises UserError, beginning with `where`."""
    if name.endswith(".toml"):
        return _parse(_text(Path(name), where), f"{where}: {name}")
    if name not in known_rubrics():
        raise unknown("rubric", name, known_rubrics(), where)
    file = importlib.resources.files("judge").joinpath("rubrics", f"{name}.toml")
    return _parse(file.read_text(encoding="utf-8"), f"{where}: rubric {name}")


def _text(path: Path, where: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{where}: the rubric {path} cannot be read: {error}; check the path.") from error


@lru_cache(maxsize=1024)
def _parse(text: str, where: str) -> Rubric:
    try:
        return validate(Rubric, tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{where}: not valid TOML: {error}.") from error
