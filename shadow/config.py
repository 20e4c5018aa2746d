"""The configuration file: TOML in, frozen and validated settings out.

Unknown keys are refused with the nearest known one. Secrets are written as "env:NAME" and read from the environment.
Connectors validate their own tables (see connectors/folder.py), the judge its checks and rubrics.
"""

import os
import tomllib
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.errors import UserError, unknown

SeverityName = Literal["critical", "major", "minor"]
T = TypeVar("T", bound=BaseModel)


class Strict(BaseModel):
    """Settings that refuse unknown keys and cannot change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(Strict):
    url: str = "duckdb:shadowjudge.duckdb"


class Connection(BaseModel):
    """A source or a model: `kind` is a file in connectors/sources or connectors/models, which validates the rest."""

    model_config = ConfigDict(extra="allow", frozen=True)
    kind: str

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self.__pydantic_extra__ or {})


class CheckSettings(BaseModel):
    """One check of a workflow: `check` is a file in judge/checks, which validates the rest."""

    model_config = ConfigDict(extra="allow", frozen=True)
    check: str
    severity: SeverityName | None = None

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self.__pydantic_extra__ or {})


class MirrorSettings(Strict):
    """How the mirror works: how much at once, and how often it writes."""

    in_flight: int = Field(default=8, ge=1)
    candidate_timeout_s: float = Field(default=30.0, gt=0)
    flush_rows: int = Field(default=500, ge=1)
    flush_seconds: float = Field(default=1.0, gt=0)


class WorkflowJudge(Strict):
    """Which pairs the judge reads, with which rubric; without this table only checks and people decide."""

    model: str
    rubric: str = "same_answer"
    share_of_agreements: float = Field(default=0.05, ge=0, le=1)
    share_of_disagreements: float = Field(default=1.0, ge=0, le=1)
    share_of_settled: float = Field(default=0.05, ge=0, le=1)
    min_labels: int = Field(default=30, ge=1)
    min_agreement: float = Field(default=0.8, ge=0, le=1)
    accept_arm_as_judge: bool = False
    max_pairs_per_minute: int | None = Field(default=None, ge=1)


class Budgets(Strict):
    """The highest defect rate that a phase allows, 0..1, of each severity or worse."""

    critical: float = Field(default=0.001, gt=0, le=1)
    major: float = Field(default=0.02, gt=0, le=1)
    minor: float = Field(default=0.05, gt=0, le=1)


class Limits(Strict):
    """Service limits that a phase must hold, beside the defect budgets."""

    p95_latency_ms: float | None = Field(default=None, gt=0)
    min_schema_validity: float | None = Field(default=None, gt=0, le=1)


class Workflow(Strict):
    """One narrow task that an LLM serves today, and who might serve it tomorrow."""

    description: str = ""
    candidates: list[str] = Field(min_length=1)
    sample: float = Field(default=1.0, gt=0, le=1)
    checks: list[CheckSettings] = []
    judge: WorkflowJudge | None = None
    budgets: Budgets = Budgets()
    limits: Limits = Limits()
    min_captured: int = Field(default=200, ge=1)
    cycles_to_expand: int = Field(default=2, ge=1)


class DashboardSettings(Strict):
    host: str = "127.0.0.1"
    port: int = Field(default=8501, ge=1, le=65535)


class Config(Strict):
    """shadowjudge.toml."""

    store: StoreSettings = StoreSettings()
    source: Connection
    models: dict[str, Connection]
    workflows: dict[str, Workflow] = Field(min_length=1)
    mirror: MirrorSettings = MirrorSettings()
    dashboard: DashboardSettings = DashboardSettings()


def load(path: Path) -> Config:
    """The configuration in a file.

    Raises UserError naming the file, the key and the nearest known key, or the model that no [models] table describes.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such file; copy examples/shadowjudge.toml and edit it, or name another with --config."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid TOML: {error}.") from error
    config = validate(Config, _with_secrets(raw, str(path)), str(path))
    for name, workflow in config.workflows.items():
        wanted = list(workflow.candidates) + ([workflow.judge.model] if workflow.judge else [])
        for model in wanted:
            if model not in config.models:
                raise unknown("model", model, config.models, f"{path}: workflows.{name}")
    return config


def validate(model: type[T], raw: dict[str, Any], where: str) -> T:
    """`raw` as settings of a class; the first mistake becomes a UserError that begins with `where`."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise _sentence(model, error, where) from error


def _with_secrets(value: Any, where: str) -> Any:
    """`value` with every "env:NAME" replaced by that environment variable."""
    if isinstance(value, dict):
        return {key: _with_secrets(item, f"{where}: {key}") for key, item in value.items()}
    if isinstance(value, list):
        return [_with_secrets(item, where) for item in value]
    if isinstance(value, str) and value.startswith("env:"):
        name = value.removeprefix("env:")
        if name not in os.environ:
            raise UserError(f"{where}: the environment variable {name} is not set; export it and try again.")
        return os.environ[name]
    return value


def _sentence(model: type[BaseModel], error: ValidationError, where: str) -> UserError:
    first = error.errors(include_url=False, include_input=False)[0]
    path = [str(part) for part in first["loc"]]
    if first["type"] == "extra_forbidden":
        place = ".".join(path[:-1])
        return unknown("key", path[-1], _keys(model, first["loc"][:-1]), f"{where}: {place}" if place else where)
    if first["type"] == "missing":
        return UserError(f"{where}: the key {'.'.join(path)!r} is missing; it is required.")
    return UserError(f"{where}: {'.'.join(path)}: {first['msg']}.")


def _keys(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at `path` knows."""
    current: Any = model
    for part in path:
        current = _unwrap(current.model_fields[part].annotation if _is_settings(current) else get_args(current)[-1])
    return list(current.model_fields) if _is_settings(current) else []


def _is_settings(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _unwrap(annotation: Any) -> Any:
    """The settings class in `X | None`, or the annotation itself."""
    if get_origin(annotation) in (Union, UnionType):
        return next(part for part in get_args(annotation) if part is not type(None))
    return annotation
