"""Readiness as gauges for Prometheus, beside what the parts and this process say of themselves."""

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from judge.outcomes import State
from judge.readiness.assess import Readiness

CONTENT_TYPE = CONTENT_TYPE_LATEST
_PHASE = ("workflow", "candidate", "phase")
_NUMBERS = ("value", "lower", "upper", "budget")


def exposition(found: Sequence[Readiness], operation: Collector) -> bytes:
    """The text that Prometheus reads: this process's own figures, the mirror's and the scorer's, then every phase."""
    registry = CollectorRegistry()
    registry.register(operation)
    registry.register(_Readiness(found))
    return generate_latest(REGISTRY) + generate_latest(registry)


class _Readiness(Collector):
    def __init__(self, found: Sequence[Readiness]) -> None:
        self._found = found

    def collect(self) -> Iterator[GaugeMetricFamily]:
        state = GaugeMetricFamily(
            "shadowjudge_phase_state", "1 for the state that a phase is in, 0 for the others", labels=(*_PHASE, "state")
        )
        for each in self._found:
            for one in State:
                state.add_metric((*_labels(each), one), float(each.state is one))
        yield state
        for number in _NUMBERS:
            yield self._lines(number)

    def _lines(self, number: str) -> GaugeMetricFamily:
        """One number of every line that has it, in the line's own unit; rates are 0..1."""
        family = GaugeMetricFamily(
            f"shadowjudge_line_{number}", f"the {number} of a line of a phase", labels=(*_PHASE, "line", "unit")
        )
        for each in self._found:
            for line in each.lines:
                if (value := getattr(line, number)) is not None:
                    family.add_metric((*_labels(each), line.name, line.unit or ""), float(value))
        return family


def _labels(readiness: Readiness) -> Iterable[str]:
    return readiness.workflow, readiness.fingerprint, readiness.phase
