"""Is a judge kin to the two it judges? A model prefers its own answers, and those of its family, so kin are refused."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from connectors.errors import UserError
from judge.judging.families import families, undated
from shadow.config import Connection, Workflow

_HOW = "choose another model, or set accept_arm_as_judge = true if you know why"
Arm = Literal["production", "candidate"]


class Kin(msgspec.Struct, frozen=True):
    """A judge that is kin to an arm: by `name` and model, and how: the same `model`, the same `family`, or `unknown`.

    `unknown`: the name of the judge's model, or of the arm's, tells no family, so nothing shows that they are not kin.
    """

    judge: str
    judge_model: str
    arm: Arm
    arm_model: str
    how: Literal["model", "family", "unknown"]

    @property
    def sentence(self) -> str:
        """What a page, a report or a sign-off says of it."""
        of_arm = f"the {self.arm} {self.arm_model!r}" if self.arm == "candidate" else f"production's {self.arm_model!r}"
        said = {
            "model": f"is the same model as {of_arm}",
            "family": f"is of the same family as {of_arm}",
            "unknown": f"may be of the same family as {of_arm}: the names do not tell",
        }
        return f"the judge {self.judge!r} ({self.judge_model}) {said[self.how]}"


def kin(workflow: Workflow, models: Mapping[str, Connection], production_models: Iterable[str]) -> list[Kin]:
    """Every judge of a workflow that is kin to an arm, or may be; `production_models` are those of the captured calls.

    Readiness, pages and sign-offs show these, whether the configuration accepts them or not.
    """
    if workflow.judge is None:
        return []
    judges = {name: model_behind(models[name]) for name in workflow.judge.judges}
    candidates = {name: model_behind(models[name]) for name in workflow.candidates}
    return kin_by_name(judges, candidates, production_models)


def kin_by_name(judges: Mapping[str, str], candidates: Mapping[str, str], production: Iterable[str]) -> list[Kin]:
    """The same from names alone: of judges and candidates to the models behind them, and of production's models."""
    found = []
    for judge, model in judges.items():
        for candidate, other in candidates.items():
            found.append(_kin(judge, model, "candidate", candidate, other))
        for other in production:
            found.append(_kin(judge, model, "production", other, other))
    return [each for each in found if each is not None]


def model_behind(connection: Connection) -> str:
    """What names the model behind a connection: its model or its file; empty when nothing does."""
    settings = connection.settings
    return str(settings.get("model") or settings.get("path") or "")


def refused(found: Iterable[Kin]) -> list[Kin]:
    """Those that may not judge unless they are accepted: kin for certain."""
    return [each for each in found if each.how != "unknown"]


def refuse_candidate_as_judge(name: str, workflow: Workflow, models: Mapping[str, Connection], where: str) -> None:
    """Raises UserError when a judge of a workflow is kin to one of its candidates and nobody accepted that."""
    if workflow.judge is None or workflow.judge.accept_arm_as_judge:
        return
    for each in refused(kin(workflow, models, ())):
        raise UserError(f"{where}: workflows.{name}.judge: {each.sentence}, and would judge its own kind; {_HOW}.")


def production_as_judge(name: str, found: Kin) -> str:
    """The sentence for a judge that turns out to be kin to production."""
    return f"workflows.{name}.judge: {found.sentence}; {_HOW}."


def _kin(judge: str, model: str, arm: Arm, shown: str, other: str) -> Kin | None:
    if (arm == "candidate" and judge == shown) or (model and undated(model) == undated(other)):
        return Kin(judge, model or judge, arm, shown, "model")
    ours, theirs = families(model), families(other)
    if ours & theirs:
        return Kin(judge, model or judge, arm, shown, "family")
    return None if ours and theirs else Kin(judge, model or judge, arm, shown, "unknown")
