"""What the phases of a workflow demand: settings over a policy. A key that is not given is that of the policy."""

from typing import Literal, Self

from pydantic import Field, model_validator

from shadow.strict import Strict


class Budgets(Strict):
    """The highest defect rate that a phase allows, 0..1, of each severity or worse."""

    critical: float | None = Field(default=None, gt=0, le=1, description="critical defects")
    major: float | None = Field(default=None, gt=0, le=1, description="critical and major defects together")
    minor: float | None = Field(default=None, gt=0, le=1, description="defects of any severity")


class Limits(Strict):
    """Service limits that a phase must hold, beside the defect budgets; one that nobody gives is not held."""

    p95_latency_ms: float | None = Field(
        default=None, gt=0, description="the candidate's latency that 95 % of the calls stay under, in milliseconds"
    )
    min_schema_validity: float | None = Field(
        default=None, gt=0, lt=1, description="share of the answers that the check json_schema passes, 0..1"
    )
    max_escalation_rate: float | None = Field(
        default=None, gt=0, lt=1, description="share of the calls that go on to the large model, as simulated, 0..1"
    )
    max_usd_per_task: float | None = Field(
        default=None, gt=0, description="what a task done well costs, escalations and defects counted in"
    )


class Demands(Strict):
    """How much evidence the phases limited and expand ask for."""

    evidence: Literal["confirmed", "judge"] | None = Field(
        default=None,
        description='"confirmed": people confirm what the judge flags; "judge": the judge is taken for the truth, '
        "which every page and sign-off then says",
    )
    judge_as_truth: str | None = Field(
        default=None, min_length=10, description='who takes the judge for the truth, and why; needed with "judge"'
    )
    evidence_limited: float | None = Field(
        default=None, ge=3, le=1e6, description="E for limited: a candidate over its budget passes once in E at most"
    )
    evidence_expand: float | None = Field(default=None, ge=3, le=1e6, description="E for expand")
    min_days: int | None = Field(default=None, ge=1, description="different days (UTC) with pairs")
    min_hours: int | None = Field(default=None, ge=1, le=24, description="different hours of the day (UTC) with pairs")
    noise_floor: bool | None = Field(
        default=None, description="whether shadow asks for production's disagreement with itself"
    )
    noise_floor_margin: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="how much more often than production itself the candidate may differ, 0..1",
    )
    escalation: bool | None = Field(default=None, description="whether shadow asks for a simulated escalation")

    @model_validator(mode="after")
    def _on_whose_word(self) -> Self:
        if self.evidence == "judge" and self.judge_as_truth is None:
            raise ValueError("evidence = 'judge' takes judge_as_truth: say who takes the judge for the truth, and why")
        return self


class NoiseFloor(Strict):
    """Production asked again, on a share of its calls: how often it disagrees with itself."""

    model: str = Field(description="a table under [models] that serves what production serves")
    share: float = Field(default=0.05, gt=0, le=1, description="of the pairs, how many are asked again, 0..1")
    max_usd_per_day: float | None = Field(
        default=None,
        gt=0,
        description="what asking again may cost a day (UTC); then pairs wait. It needs the model's prices",
    )
