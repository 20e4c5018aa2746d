"""The same checks as DeepEval metrics, measured pair by pair in its own environment; prints one JSON line.

Its own metrics where it has them (JSON against a model, a pattern), custom ones where it has none (fields, latency), as
its documentation tells to write them; without progress bars, without a model call, telemetry off.
"""

import json
import os
import sys
import time
import unicodedata
from typing import Any

from tests.bench.checks_speed.traffic import FIELDS, MAX_MS, PATTERN, WITHIN, traffic

os.environ["DEEPEVAL_TELEMETRY_OPT_OUT"] = "1"
os.environ["ERROR_REPORTING"] = "0"
os.environ["OPENAI_API_KEY"] = "never-used"


def main(count: int) -> None:
    """Prints the seconds that all metrics took over all pairs, and how many passed each."""
    from deepeval.metrics import BaseMetric, JsonCorrectnessMetric, PatternMatchMetric
    from deepeval.test_case import LLMTestCase
    from pydantic import ConfigDict, create_model

    class Fields(BaseMetric):  # type: ignore[misc]
        threshold = 1.0

        def measure(self, test_case: Any, *args: Any, **kwargs: Any) -> float:
            self.score = float(agrees(test_case.expected_output, test_case.actual_output))
            self.success = self.score >= self.threshold
            return self.score

        async def a_measure(self, test_case: Any, *args: Any, **kwargs: Any) -> float:
            return self.measure(test_case)

        def is_successful(self) -> bool:
            return bool(self.success)

    class Latency(Fields):
        def measure(self, test_case: Any, *args: Any, **kwargs: Any) -> float:
            self.score = float(test_case.completion_time * 1000 <= MAX_MS)
            self.success = self.score >= self.threshold
            return self.score

    order = create_model(
        "Order",
        __config__=ConfigDict(extra="forbid"),
        **{name: (float if name == "total" else str, ...) for name in FIELDS},
    )
    metrics = {
        "schema": JsonCorrectnessMetric(order, async_mode=False, include_reason=False),
        "pattern": PatternMatchMetric(PATTERN),
        "fields": Fields(),
        "latency": Latency(),
    }
    answers = traffic(count)
    passed = dict.fromkeys(metrics, 0)
    started = time.process_time()
    for each in answers:
        case = LLMTestCase(
            input="extract the order",
            actual_output=each.candidate,
            expected_output=each.production,
            completion_time=each.latency_ms / 1000,
        )
        for name, metric in metrics.items():
            metric.measure(case, _show_indicator=False)
            passed[name] += metric.is_successful()
    print(json.dumps({"seconds": time.process_time() - started, "passed": passed}))


def agrees(production: str, candidate: str) -> bool:
    """The fields compared as our check does: city and customer folded, the total within a cent, the rest exactly."""
    try:
        one, other = json.loads(production), json.loads(candidate)
    except ValueError:
        return False
    if one.keys() != other.keys() or abs(one["total"] - other["total"]) > WITHIN:
        return False
    return all(fold(one[name]) == fold(other[name]) for name in ("city", "customer")) and all(
        one[name] == other[name] for name in ("order_id", "currency")
    )


def fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


if __name__ == "__main__":
    main(int(sys.argv[1]))
