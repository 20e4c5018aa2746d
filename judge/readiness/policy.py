"""The policy of a workflow: what its phases demand, taken from the configuration and kept with every readiness."""

import msgspec

from shadow.config import Workflow

RULES = "readiness/2"


class JudgePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What the judge of a workflow must show before its verdicts count."""

    model: str
    rubric: str
    min_labels: int
    min_agreement: float


class SignoffPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How a phase is approved: by how many people, by whom not alone, for how many days, and whether waivers count."""

    approvers: int = 1
    authors: list[str] = []
    valid_days: int = 90
    waivers: bool = False


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What a workflow's phases demand. Rates are 0..1; `rules` names the version of judge/readiness's rules.

    `budgets` maps a severity to the highest defect rate of that severity or worse.
    """

    rules: str = RULES
    budgets: dict[str, float]
    p95_latency_ms: float | None
    min_schema_validity: float | None
    min_captured: int
    cycles_to_expand: int
    checks: list[str]
    judge: JudgePolicy | None
    signoff: SignoffPolicy = SignoffPolicy()


def policy_of(workflow: Workflow) -> Policy:
    """The policy that a workflow's settings express."""
    judge = workflow.judge
    return Policy(
        budgets=workflow.budgets.model_dump(),
        p95_latency_ms=workflow.limits.p95_latency_ms,
        min_schema_validity=workflow.limits.min_schema_validity,
        min_captured=workflow.min_captured,
        cycles_to_expand=workflow.cycles_to_expand,
        checks=[settings.check for settings in workflow.checks],
        signoff=SignoffPolicy(**workflow.signoff.model_dump()),
        judge=None
        if judge is None
        else JudgePolicy(
            model=judge.shown, rubric=judge.rubric, min_labels=judge.min_labels, min_agreement=judge.min_agreement
        ),
    )
