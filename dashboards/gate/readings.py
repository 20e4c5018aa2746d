"""What the gate reads: the readiness of a phase for the candidate as it is configured."""

from collections.abc import Mapping, Sequence

import msgspec

from connectors.errors import UserError, unknown
from dashboards import wiring
from dashboards.metrics import Operation
from judge.board import a_moment_ago, readiness_of, readings, slices_of
from judge.outcomes import Phase
from judge.readiness.assess import Readiness
from judge.readiness.slices import suggestion
from shadow.config import Config
from shadow.store import Store


class NotFound(Exception):  # noqa: N818  (an answer, not a fault)
    """There is no such workflow, phase or candidate; `str()` is the sentence that says which there are."""


class Candidate(msgspec.Struct, frozen=True):
    """A candidate of a workflow: its name in the configuration, and its fingerprint as configured now."""

    name: str
    fingerprint: str


class Readings:
    """Reads readiness from a store for the workflows and candidates of a configuration. Safe across threads."""

    def __init__(self, store: Store, config: Config, candidates: Mapping[str, Sequence[Candidate]]) -> None:
        self._store = store
        self._config = config
        self._candidates = candidates
        self.operation = Operation(store)
        """What mirror and scorer are doing, for Prometheus."""

    def phase(self, workflow: str, phase: str, candidate: str | None) -> Readiness:
        """The readiness of a phase a moment ago; `candidate` is a name, a fingerprint, or None for the only one.

        Raises NotFound, UserError where a workflow has several candidates and none is named, and RetryLater.
        """
        if phase not in list(Phase):
            raise NotFound(str(unknown("phase", phase, [each.value for each in Phase])))
        fingerprint = self._fingerprint(workflow, candidate)
        return readiness_of(self._store, self._config, workflow, Phase(phase), fingerprint=fingerprint)

    def slices(self, workflow: str, phase: str, candidate: str | None) -> dict[str, object]:
        """The state of every slice of a candidate's traffic, and the part that could be promoted; raises as `phase`."""
        whole = self.phase(workflow, phase, candidate)
        found = slices_of(self._store, self._config, workflow, Phase(phase), whole.fingerprint, whole.as_of)
        return {"state": whole.state, "suggestion": suggestion(found, whole.state), "slices": found}

    def all(self) -> list[Readiness]:
        """Every phase of every workflow and candidate as configured now."""
        of = [(workflow, each.fingerprint) for workflow, found in self._candidates.items() for each in found]
        return readings(self._store, self._config, of, a_moment_ago())

    def alive(self) -> None:
        """Returns when the store answers; raises RetryLater when it does not."""
        self._store.read("SELECT 1 AS alive")

    def _fingerprint(self, workflow: str, candidate: str | None) -> str:
        if workflow not in self._candidates:
            raise NotFound(str(unknown("workflow", workflow, self._candidates)))
        known = self._candidates[workflow]
        if candidate is None:
            if len(known) > 1:
                names = ", ".join(each.name for each in known)
                raise UserError(f"workflows.{workflow} has {len(known)} candidates; add ?candidate= one of: {names}.")
            return known[0].fingerprint
        for each in known:
            if candidate in (each.name, each.fingerprint):
                return each.fingerprint
        raise NotFound(str(unknown("candidate", candidate, [each.name for each in known], f"workflows.{workflow}")))


async def configured(config: Config) -> dict[str, list[Candidate]]:
    """The candidates of each workflow with their fingerprints. Raises UserError as `wiring.connect_model` does."""
    models = wiring.connect_models(config, wiring.candidates(config))
    try:
        return {
            name: [Candidate(each, models[each].fingerprint) for each in workflow.candidates]
            for name, workflow in config.workflows.items()
        }
    finally:
        for model in models.values():
            await model.close()
