"""The policy of a workflow: what its phases demand, taken from the configuration and kept with every readiness."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import msgspec
from pydantic import Field

from connectors.errors import UserError, unknown
from judge.judging.arms import model_behind
from judge.outcomes import Phase
from shadow.config import ModelConnection, Workflow, validate
from shadow.demands import Budgets, Demands, Limits
from shadow.strict import Strict

RULES = "readiness/6"
FOLDER = "judge.policies"


class Preset(Strict):
    """A policy as a file: what a workflow gets that says nothing else."""

    title: str
    min_captured: int = Field(ge=1)
    cycles_to_expand: int = Field(ge=1)
    budgets: Budgets
    limits: Limits = Limits()
    demands: Demands


class JudgePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What the judge of a workflow must show before its verdicts count, and who it is.

    `models` maps judges, and `candidates` candidates, to the models behind them; `accept_kin`: kin may judge.
    """

    model: str
    rubric: str
    min_labels: int
    min_agreement: float
    models: dict[str, str] = {}
    candidates: dict[str, str] = {}
    accept_kin: bool = False


class ScrubPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What a workflow's scrubbing must hold: shares of planted values and of planted names that may get through."""

    masks_nothing: bool = False
    names: bool = False
    max_leak_rate: float = 0.01
    max_name_leak_rate: float = 0.3


class SignoffPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How a phase is approved: by how many people, by whom not alone, for how many days, and whether waivers count."""

    approvers: int = 1
    authors: list[str] = []
    valid_days: int = 90
    waivers: bool = False


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What a workflow's phases demand. Rates are 0..1; `rules` names the version of judge/readiness's rules.

    `budgets` maps a severity to the highest defect rate of that severity or worse. `judge_as_truth` is None unless the
    judge is taken for the truth: then it says on whose word. `evidence` maps a phase to the E that its defect budgets
    take: the bounds hold with 1 - 1/E. `usd_per_million` has the prices of input and output tokens by name of a model.
    """

    rules: str = RULES
    name: str = "standard"
    budgets: dict[str, float]
    p95_latency_ms: float | None = None
    min_schema_validity: float | None = None
    max_escalation_rate: float | None = None
    max_usd_per_task: float | None = None
    min_captured: int
    cycles_to_expand: int
    min_days: int = 1
    min_hours: int = 1
    judge_as_truth: str | None = None
    evidence: dict[str, float] = {}
    noise_floor: bool = True
    noise_floor_margin: float = 0.02
    escalation: bool = True
    usd_per_million: dict[str, tuple[float, float]] = {}
    checks: list[str]
    judge: JudgePolicy | None
    signoff: SignoffPolicy = SignoffPolicy()
    scrub: ScrubPolicy = ScrubPolicy()

    def alpha(self, phase: Phase) -> float:
        """The error probability of the bounds of a phase: 1/E, and 5 % where no E is asked for."""
        return 1 / self.evidence.get(phase, 20.0)


def policy_of(workflow: Workflow, models: Mapping[str, ModelConnection] | None = None) -> Policy:
    """The policy that a workflow names, with what the workflow says otherwise; `models` gives prices and kin.

    Raises UserError for a policy that is not there or cannot be used.
    """
    preset = load_preset(workflow.policy)
    judge = workflow.judge
    budgets, limits, demands = (
        _over(getattr(preset, part).model_dump(), getattr(workflow, part).model_dump())
        for part in ("budgets", "limits", "demands")
    )
    return Policy(
        name=workflow.policy,
        budgets=budgets,
        **limits,
        min_captured=workflow.min_captured or preset.min_captured,
        cycles_to_expand=workflow.cycles_to_expand or preset.cycles_to_expand,
        min_days=demands["min_days"],
        min_hours=demands["min_hours"],
        judge_as_truth=demands["judge_as_truth"] if demands["evidence"] == "judge" else None,
        evidence={Phase.LIMITED: demands["evidence_limited"], Phase.EXPAND: demands["evidence_expand"]},
        noise_floor=demands["noise_floor"],
        noise_floor_margin=demands["noise_floor_margin"],
        escalation=demands["escalation"],
        usd_per_million=_prices(models or {}),
        checks=[settings.check for settings in workflow.checks],
        signoff=SignoffPolicy(**workflow.signoff.model_dump()),
        scrub=ScrubPolicy(
            masks_nothing=workflow.scrub.policy == "full",
            names=workflow.scrub.names,
            max_leak_rate=workflow.scrub.max_leak_rate,
            max_name_leak_rate=workflow.scrub.max_name_leak_rate,
        ),
        judge=None
        if judge is None
        else JudgePolicy(
            model=judge.shown,
            rubric=judge.rubric,
            min_labels=judge.min_labels,
            min_agreement=judge.min_agreement,
            models={name: model_behind(models[name]) for name in judge.judges if models and name in models},
            candidates={name: model_behind(models[name]) for name in workflow.candidates if models and name in models},
            accept_kin=judge.accept_arm_as_judge,
        ),
    )


def _prices(models: Mapping[str, ModelConnection]) -> dict[str, tuple[float, float]]:
    """Prices of input and output by the name of a table, and by the model it asks for."""
    priced = {name: (each, each.prices) for name, each in models.items() if each.prices is not None}
    by_model = {str(each.settings.get("model")): (p.input, p.output) for each, p in priced.values()}
    return by_model | {name: (p.input, p.output) for name, (_, p) in priced.items()}


def presets() -> list[str]:
    """The names of the policies that come with the product."""
    return sorted(each.name.removesuffix(".toml") for each in files(FOLDER).iterdir() if each.name.endswith(".toml"))


@cache
def load_preset(name: str) -> Preset:
    """A policy by its name, or by the path of a TOML file. Raises UserError for a key that it lacks or has too many."""
    source: Traversable | Path = files(FOLDER).joinpath(f"{name}.toml")
    if name.endswith(".toml"):
        source = Path(name)
        if not source.is_file():
            raise UserError(f"policy {name}: there is no such file; name one of {', '.join(presets())} or a path.")
    elif name not in presets():
        raise unknown("policy", name, presets())
    try:
        preset = validate(Preset, tomllib.loads(source.read_text(encoding="utf-8")), f"policy {name}")
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"policy {name}: not valid TOML: {error}.") from error
    for part, kept in (("budgets", ()), ("demands", ("judge_as_truth",))):
        for key, value in getattr(preset, part).model_dump().items():
            if value is None and key not in kept:
                raise UserError(f"policy {name}: the key '{part}.{key}' is missing; it is required.")
    return preset


def _over(preset: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    return preset | {key: value for key, value in own.items() if value is not None}
