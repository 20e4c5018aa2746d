"""A rubric: what the judge is asked, and the closed list of what it may choose; a TOML file, ours or anybody's."""

import hashlib
import importlib.resources
import tomllib
from pathlib import Path
from typing import Literal, Self

import msgspec
from pydantic import Field, model_validator

from connectors.errors import UserError, unknown
from judge.outcomes import Severity
from shadow.config import validate
from shadow.strict import Strict

Worse = Literal["first", "second", "both", "neither", "unknown"]


class Choice(Strict):
    """One thing the judge may choose: which answer is worse, and how bad that is when it is one of the two."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    meaning: str = Field(min_length=1)
    worse: Worse
    severity: Severity | None = None

    @model_validator(mode="after")
    def _severity_of_one(self) -> Self:
        if (self.severity is not None) != (self.worse in ("first", "second")):
            raise ValueError(f"choice {self.name!r}: a severity belongs to worse = 'first' or 'second', and only there")
        return self


class Rubric(Strict):
    """The question, how to decide it, and the choices. Texts longer than the limits are shown without their middle."""

    question: str = Field(min_length=1)
    instructions: str = ""
    choices: list[Choice] = Field(min_length=2)
    max_request_chars: int = Field(default=12_000, ge=200)
    max_answer_chars: int = Field(default=6_000, ge=200)
    max_reason_chars: int = Field(default=300, ge=40)

    @model_validator(mode="after")
    def _fair(self) -> Self:
        names = [choice.name for choice in self.choices]
        if len(set(names)) < len(names):
            raise ValueError("two choices have the same name")
        first, second = ([c.severity for c in self.choices if c.worse == side] for side in ("first", "second"))
        if sorted(map(str, first)) != sorted(map(str, second)):
            raise ValueError("the choices must offer the same severities for the first answer as for the second")
        return self

    @property
    def hash(self) -> str:
        """16 hex digits of the content; comments and layout of the file do not count."""
        return hashlib.sha256(msgspec.json.encode(self.model_dump(mode="json"), order="deterministic")).hexdigest()[:16]

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


def _parse(text: str, where: str) -> Rubric:
    try:
        return validate(Rubric, tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{where}: not valid TOML: {error}.") from error
