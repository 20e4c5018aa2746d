"""Did the candidate answer in time?"""

from pydantic import Field

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.outcomes import Status
from shadow.types import Pair


class LatencyLimit(Validation):
    """The candidate answered within a time limit.

    Being late is a matter of service and no defect, so this check has no severity unless you give it one; its failures
    are reported all the same. A pair without a recorded latency is skipped.
    """

    severity = None
    aspect = "service"
    max_ms: float = Field(gt=0, description="the limit in milliseconds, as the mirror measured the call")

    def __call__(self, pair: Pair) -> Found:
        latency_ms = pair.candidate.latency_ms
        if latency_ms is None:
            return Found(Status.SKIP, "no latency was recorded")
        if latency_ms > self.max_ms:
            return Found(Status.FAIL, f"candidate took {latency_ms:.0f} ms, the limit is {self.max_ms:.0f} ms")
        return PASSED


PASSES = [Example(candidate="x", answer={"latency_ms": 199.0}, settings={"max_ms": 200})]
FAILS = [Example(candidate="x", answer={"latency_ms": 201.0}, settings={"max_ms": 200})]
