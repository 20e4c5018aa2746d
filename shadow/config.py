"""The configuration file: TOML in, frozen and validated settings out.

Unknown keys are refused with the nearest known one. Secrets are written as "env:NAME" and read from the environment.
Connectors validate their own tables (see connectors/folder.py), the judge its checks and rubrics.
"""

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Self, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from connectors.errors import UserError, unknown
from shadow.access import DashboardSettings
from shadow.demands import Budgets, Demands, Limits, NoiseFloor
from shadow.gate import GateSettings
from shadow.scrub.settings import ScrubSettings
from shadow.signing import SignoffSettings
from shadow.store_settings import StoreSettings
from shadow.strict import Open, Strict

SeverityName = Literal["critical", "major", "minor"]
T = TypeVar("T", bound=BaseModel)


SECRETS = frozenset(
    {
        *("api_key", "sasl_plain_password", "ssl_password", "client_secret", "cookie_secret"),
        *("token", "secret", "session_token"),
    }
)


class Connection(Open):
    """A source or a model: the kind says which file of connectors/ validates the rest."""

    kind: str = Field(description="a file in connectors/sources or connectors/models, without .py")


class Prices(Strict):
    """What a model's tokens cost, in USD per million; a server of one's own has a price too: that of its machine."""

    input: float = Field(ge=0, description="USD per million input tokens")
    output: float = Field(ge=0, description="USD per million output tokens")
    cached: float | None = Field(
        default=None, ge=0, description="USD per million input tokens from the server's prompt cache; else as input"
    )
    batch_factor: float = Field(
        default=1.0, gt=0, le=1, description="what a token costs in a batch, as a part of its price: 0.5 for half"
    )


class ModelConnection(Connection):
    """A model, and what it costs."""

    prices: Prices | None = Field(default=None, description="[models.NAME.prices]; without it no cost is known")


class CheckSettings(Open):
    """One check of a workflow, which validates the rest; docs/checks.md has the keys of each."""

    check: str = Field(description="a file in judge/checks, without .py")
    name: str | None = Field(
        default=None,
        pattern="^[a-z][a-z0-9_]*$",
        description="what the results are called where a workflow has the same check twice; `check` if not given",
    )
    severity: SeverityName | None = Field(
        default=None, description="of the defect that a failure means; the check's own where it is not given"
    )


class MirrorSettings(Strict):
    """How the mirror works: how much at once, and how often it writes."""

    in_flight: int = Field(default=8, ge=1, description="calls to candidates at once, over all workflows")
    candidate_timeout_s: float = Field(
        default=30.0, gt=0, description="a call that takes longer is a pair with an error"
    )
    flush_rows: int = Field(default=5000, ge=1, description="finished records that are written together")
    flush_seconds: float = Field(
        default=1.0, gt=0, description="the longest that a finished record waits to be written"
    )
    shed_above_lag: int | None = Field(
        default=None,
        ge=1,
        description="lag in records above which a part of the calls is left out, evenly and counted",
    )


class WorkflowJudge(Strict):
    """Which pairs the judge reads, with which rubric; without this table only checks and people decide."""

    model: str = Field(description="the judge: the name of a table under [models]")
    panel: list[str] = Field(
        default=[],
        description="further judges beside it, better of other families: the outcome that most of them name counts",
    )
    escalate_to: str | None = Field(
        default=None,
        description="a strong judge, asked only where the others disagree, contradict themselves or abstain",
    )
    rubric: str = Field(default="same_answer", description="a file in judge/rubrics without .toml, or the path of one")
    share_of_agreements: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="of the pairs on which the checks say both agree, how many may be judged, 0..1",
    )
    share_of_disagreements: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="of the pairs whose answers differ, or that no check compares, how many may be judged, 0..1",
    )
    share_of_settled: float = Field(
        default=0.05, ge=0, le=1, description="of the pairs whose outcome a check already knows, 0..1"
    )
    min_labels: int = Field(
        default=30, ge=1, description="reviewed pairs needed before the judge's word counts for anything"
    )
    min_agreement: float = Field(
        default=0.8, ge=0, le=1, description="agreement with reviewers that the judge must show, 0..1"
    )
    accept_arm_as_judge: bool = Field(
        default=False,
        description="allow a judge that is kin to production or the candidate: the same model, or one of its family",
    )
    max_pairs_per_minute: int | None = Field(
        default=None, ge=1, description="the judge's pace, where it shares a machine or a quota; unlimited if not given"
    )
    in_flight: int = Field(default=32, ge=1, le=10_000, description="calls to the judge at once")
    max_usd_per_day: float | None = Field(
        default=None,
        gt=0,
        description="what judging may cost this workflow a day (UTC); then pairs wait. It needs the judge's prices",
    )

    self_test: bool = Field(
        default=True, description="ask each judge about an easy pair first; one that fails it reads nothing"
    )

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        if len(set(self.judges)) < len(self.judges):
            raise ValueError("a judge is named twice")
        return self

    @property
    def judges(self) -> list[str]:
        """Everybody who may be asked, the strong judge last."""
        return [self.model, *self.panel, *([self.escalate_to] if self.escalate_to else [])]

    @property
    def shown(self) -> str:
        """The judges in words: "a", "a, b", "a, then c"."""
        first = ", ".join([self.model, *self.panel])
        return f"{first}, then {self.escalate_to}" if self.escalate_to else first


class Workflow(Strict):
    """One narrow task that an LLM serves today, and who might serve it tomorrow."""

    description: str = Field(default="", description="what the task is, for the people who read the dashboard")
    candidates: list[str] = Field(min_length=1, description="models to try: names of tables under [models]")
    sample: float = Field(default=1.0, gt=0, le=1, description="share of the captured calls that is mirrored, 0..1")
    checks: list[CheckSettings] = Field(default=[], description="[[workflows.NAME.checks]], one table a check")
    scrub: ScrubSettings = Field(default=ScrubSettings(), description="[workflows.NAME.scrub]")
    judge: WorkflowJudge | None = Field(default=None, description="[workflows.NAME.judge]")
    budgets: Budgets = Field(default=Budgets(), description="[workflows.NAME.budgets]")
    limits: Limits = Field(default=Limits(), description="[workflows.NAME.limits]")
    signoff: SignoffSettings = Field(default=SignoffSettings(), description="[workflows.NAME.signoff]")
    retention_days: int | None = Field(
        default=None, ge=1, description="as in [store], for this workflow; that of [store] where it is not given"
    )
    policy: str = Field(
        default="standard",
        description="what the phases demand: a file in judge/policies without .toml, or the path of one",
    )
    demands: Demands = Field(default=Demands(), description="[workflows.NAME.demands]")
    noise_floor: NoiseFloor | None = Field(default=None, description="[workflows.NAME.noise_floor]")
    min_captured: int | None = Field(
        default=None, ge=1, description="captured calls needed to leave the phase instrument; else those of the policy"
    )
    cycles_to_expand: int | None = Field(
        default=None,
        ge=1,
        description="days on which limited must be signed off, since its last rejection, before expand; else those of "
        "the policy",
    )

    @field_validator("candidates")
    @classmethod
    def _once_each(cls, candidates: list[str]) -> list[str]:
        if twice := sorted({name for name in candidates if candidates.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} is there twice")
        return candidates

    @model_validator(mode="after")
    def _asks_nobody_about_texts_not_kept(self) -> Self:
        if not self.scrub.as_policy.keeps_texts and (self.judge or self.noise_floor):
            table = "judge" if self.judge else "noise_floor"
            raise ValueError(f'the scrub policy "drop" keeps no text that could be read again; leave [{table}] out')
        return self


class Config(Strict):
    """shadowjudge.toml."""

    store: StoreSettings = Field(default=StoreSettings(), description="[store]")
    source: Connection = Field(description="[source]")
    models: dict[str, ModelConnection] = Field(
        description="[models.NAME], one table a model, candidates and judges alike"
    )
    workflows: dict[str, Workflow] = Field(min_length=1, description="[workflows.NAME], one table a workflow")
    mirror: MirrorSettings = Field(default=MirrorSettings(), description="[mirror]")
    dashboard: DashboardSettings = Field(default=DashboardSettings(), description="[dashboard]")
    gate: GateSettings = Field(default=GateSettings(), description="[gate]")


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
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}; name a file with --config.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid TOML: {error}.") from error
    config = validate(Config, _with_secrets(raw, [], str(path)), str(path))
    for name, workflow in config.workflows.items():
        wanted = list(workflow.candidates) + (workflow.judge.judges if workflow.judge else [])
        wanted += [workflow.noise_floor.model] if workflow.noise_floor else []
        for model in wanted:
            if model not in config.models:
                raise unknown("model", model, config.models, f"{path}: workflows.{name}")
        judge, floor = workflow.judge, workflow.noise_floor
        capped = [("judge", model) for model in judge.judges] if judge and judge.max_usd_per_day else []
        capped += [("noise_floor", floor.model)] if floor and floor.max_usd_per_day else []
        for table, model in capped:
            if not config.models[model].prices:
                raise UserError(
                    f"{path}: workflows.{name}.{table}.max_usd_per_day: it is not known what models.{model} costs; add "
                    f"a table [models.{model}.prices]."
                )
    return config


def validate(model: type[T], raw: dict[str, Any], where: str) -> T:
    """`raw` as settings of a class; the first mistake becomes a UserError that begins with `where`."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise _sentence(model, raw, error, where) from None  # the cause would show the values, secrets too


def _with_secrets(value: Any, path: list[str], where: str) -> Any:
    """`value` with every "env:NAME" replaced by that environment variable; `path` is the key it lies under.

    Raises UserError for a variable that is not set, and for a secret in plain text.
    """
    if isinstance(value, dict):
        return {key: _with_secrets(item, [*path, key], where) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_secrets(item, [*path, str(number)], where) for number, item in enumerate(value)]
    if isinstance(value, str) and value.startswith("env:"):
        name = value.removeprefix("env:")
        if not os.environ.get(name):
            raise UserError(
                f"{where}: {'.'.join(path)}: the environment variable {name} is not set; export it and try again."
            )
        return os.environ[name]
    named = path[0] in ("store", "source", "models", "dashboard", "gate") and path[-1] in SECRETS
    if named or path[-2:] == ["scrub", "key"]:
        raise UserError(
            f'{where}: {".".join(path)}: a secret is not written in this file; write "env:NAME" and export NAME.'
        )
    return value


def _sentence(model: type[BaseModel], raw: dict[str, Any], error: ValidationError, where: str) -> UserError:
    """The first unknown key, since a misspelt one also looks missing; else the first mistake."""
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    first = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])
    *parents, key = first["loc"] or ("",)
    if first["type"] == "extra_forbidden":
        return unknown("key", str(key), _keys(model, parents), ": ".join([where, *_place(raw, parents)]))
    if first["type"] == "missing":
        return UserError(
            f"{where}: the key {'.'.join([*_place(raw, parents), str(key)])!r} is missing; it is required."
        )
    message = first["msg"].removeprefix("Value error, ")
    return UserError(": ".join([where, *_place(raw, first["loc"]), f"{message}."]))


def _place(raw: Any, loc: Sequence[int | str]) -> list[str]:
    """Where a mistake lies, as one dotted key or none; what pydantic calls the variants of a type are no keys."""
    kept: list[str] = []
    for part in loc:
        try:
            raw = raw[part]
        except (KeyError, IndexError, TypeError):
            continue
        kept.append(str(part))
    return [".".join(kept)] if kept else []


def _keys(annotation: Any, loc: Sequence[int | str]) -> list[str]:
    """The keys that the table at `loc` knows."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields
        return _keys(fields[str(loc[0])].annotation, loc[1:]) if loc else list(fields)
    variants = [each for each in get_args(annotation) if each is not NoneType]
    if get_origin(annotation) not in (Union, UnionType):
        return _keys(variants[-1], loc[1:])  # the items of a list, the values of a dict
    if len(variants) == 1:
        return _keys(variants[0], loc)
    return [key for each in variants if getattr(each, "__name__", "") == loc[0] for key in _keys(each, loc[1:])]
