"""What the scorer does for each workflow, made once from the configuration."""

from collections.abc import Iterable, Mapping

import msgspec

from connectors.errors import unknown
from connectors.types import Model
from judge.checking.loading import LoadedCheck, checks_version, load_checks
from judge.judging.arms import Kin, kin, refuse_candidate_as_judge, refused
from judge.judging.epoch import Epochs, setup_of
from judge.judging.panel import Judge, Panel
from judge.judging.rubric import Rubric, load_rubric
from judge.money.till import Priced
from judge.outcomes import Stratum
from judge.readiness.policy import Policy, policy_of
from shadow.config import Config, ModelConnection, Workflow, WorkflowJudge


class JudgePlan(msgspec.Struct, frozen=True):
    """How the judges of a workflow are asked; `setup` changes with rubric, judges or prompt, `epochs` with more.

    `candidates` are the fingerprints of the present candidates: only their pairs are judged, since judging costs money.
    `shares` bounds the part of each stratum that may be judged, and `policy` says what the plan has to decide.
    """

    candidates: list[str]
    workflow: Workflow
    models: Mapping[str, ModelConnection]
    panel: Panel
    rubric: Rubric
    settings: WorkflowJudge
    setup: str
    epochs: Epochs
    policy: Policy

    @property
    def epoch(self) -> str:
        """The present epoch; empty before its first verdict."""
        return self.epochs.current

    def priced(self, judge: Judge) -> Priced:
        """A judge as the till asks it."""
        return Priced(judge.model, self.models[judge.name].prices, self.settings.in_flight)

    def refused_for(self, production_models: Iterable[str]) -> list[Kin]:
        """The judges that are kin to the model behind production, where the configuration does not accept that."""
        if self.settings.accept_arm_as_judge:
            return []
        return refused(kin(self.workflow, self.models, production_models))

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
    for a judge that is kin to a candidate of its workflow.
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
    for wanted in (*workflow.candidates, *settings.judges):
        if wanted not in models:
            raise unknown("model", wanted, models, f"{where}: workflows.{name}")
    rubric = load_rubric(settings.rubric, f"{where}: workflows.{name}.judge")
    judges = [Judge(judge, models[judge]) for judge in settings.judges]
    strong = judges.pop() if settings.escalate_to else None
    setup = str(setup_of(config, name, where))
    return JudgePlan(
        candidates=[models[candidate].fingerprint for candidate in workflow.candidates],
        workflow=workflow,
        models=config.models,
        panel=Panel(judges, strong),
        rubric=rubric,
        settings=settings,
        setup=setup,
        epochs=Epochs(setup, {judge: models[judge].fingerprint for judge in settings.judges}),
        policy=policy_of(workflow, config.models),
    )
