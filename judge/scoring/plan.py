"""What the scorer does for each workflow, made once from the configuration."""

from collections.abc import Mapping

import msgspec

from connectors.errors import unknown
from connectors.types import Model
from judge.checking.loading import LoadedCheck, checks_version, load_checks
from judge.judging.arms import refuse_candidate_as_judge
from judge.judging.rubric import Rubric, load_rubric
from judge.judging.verdict import epoch
from judge.money.till import Priced
from judge.outcomes import Stratum
from shadow.config import Config, ModelConnection, Workflow, WorkflowJudge


class JudgePlan(msgspec.Struct, frozen=True):
    """How the judge of a workflow is asked; `epoch` changes with rubric, model or prompt.

    `candidates` are the fingerprints of the present candidates: only their pairs are judged, since judging costs money.
    `shares` is the sampling plan: the chance of a pair to be judged, by stratum.
    """

    candidates: list[str]
    model: Model
    connection: ModelConnection
    rubric: Rubric
    settings: WorkflowJudge
    epoch: str

    @property
    def priced(self) -> Priced:
        """The judge as the till asks it."""
        return Priced(self.model, self.connection.prices, self.settings.in_flight)

    @property
    def shares(self) -> dict[Stratum, float]:
        return {
            Stratum.SETTLED: self.settings.share_of_settled,
            Stratum.DISAGREE: self.settings.share_of_disagreements,
            Stratum.AGREE: self.settings.share_of_agreements,
        }


class Plan(msgspec.Struct, frozen=True):
    """One workflow: its checks, and its judge where there is one."""

    workflow: str
    checks: list[LoadedCheck]
    checks_version: str
    judge: JudgePlan | None


def make_plans(config: Config, models: Mapping[str, Model], where: str) -> list[Plan]:
    """A plan for every workflow of the configuration; `where` names its file.

    Raises UserError for checks and rubrics that cannot be used, for a judge or its candidates that `models` lacks, and
    for a judge that is a candidate of the same workflow.
    """
    plans = []
    for name, workflow in config.workflows.items():
        refuse_candidate_as_judge(name, workflow, config.models, where)
        checks = load_checks(name, workflow.checks, where)
        plans.append(
            Plan(
                workflow=name,
                checks=checks,
                checks_version=checks_version(checks),
                judge=_judge_plan(name, workflow, workflow.judge, config, models, where) if workflow.judge else None,
            )
        )
    return plans


def _judge_plan(
    name: str,
    workflow: Workflow,
    settings: WorkflowJudge,
    config: Config,
    models: Mapping[str, Model],
    where: str,
) -> JudgePlan:
    for wanted in (*workflow.candidates, settings.model):
        if wanted not in models:
            raise unknown("model", wanted, models, f"{where}: workflows.{name}")
    model = models[settings.model]
    rubric = load_rubric(settings.rubric, f"{where}: workflows.{name}.judge")
    return JudgePlan(
        candidates=[models[candidate].fingerprint for candidate in workflow.candidates],
        model=model,
        connection=config.models[settings.model],
        rubric=rubric,
        settings=settings,
        epoch=epoch(rubric, model.fingerprint),
    )
