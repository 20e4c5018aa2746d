"""Is the judge one of the two it judges? A model prefers its own answers, so such a judge is refused."""

import re
from collections.abc import Mapping

from connectors.errors import UserError
from shadow.config import Connection, Workflow

_DATED = re.compile(r"[-@:](\d{4}-\d{2}-\d{2}|\d{8}|latest)$")
_HOW = "choose another model, or set accept_arm_as_judge = true if you know why"


def refuse_candidate_as_judge(name: str, workflow: Workflow, models: Mapping[str, Connection], where: str) -> None:
    """Raises UserError when the judge of a workflow is one of its candidates, by name or by the model behind it."""
    if workflow.judge is None or workflow.judge.accept_arm_as_judge:
        return
    for candidate in workflow.candidates:
        same = candidate == workflow.judge.model
        if same or _behind(models[candidate]) & _behind(models[workflow.judge.model]):
            raise UserError(
                f"{where}: workflows.{name}.judge: the judge {workflow.judge.model!r} is the candidate {candidate!r}, "
                f"and would judge itself; {_HOW}."
            )


def serves_production(judge: Connection, production_model: str | None) -> bool:
    """True when the judge is the model that production names; a date at the end of either name does not count."""
    model = judge.settings.get("model")
    return bool(model and production_model) and _undated(str(model)) == _undated(str(production_model))


def production_as_judge(name: str, judge: str, production_model: str | None) -> str:
    """The sentence for a judge that serves production."""
    return f"workflows.{name}.judge: the judge {judge!r} is production's own model {production_model!r}; {_HOW}."


def _behind(connection: Connection) -> set[str]:
    """What names the model behind a connection: its model or its file."""
    settings = connection.settings
    return {_undated(str(settings[key])) for key in ("model", "path") if settings.get(key)}


def _undated(model: str) -> str:
    return _DATED.sub("", model.casefold().rsplit("/", 1)[-1])
