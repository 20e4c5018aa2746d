"""Did the candidate begin to answer in time?"""

from pydantic import Field

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.outcomes import Status
from shadow.types import Pair


class FirstTokenLimit(Validation):
    """The candidate's first token came within a time limit.

    Being late is a matter of service and no defect, so this check has no severity unless you give it one. A pair
    without a recorded time, of a call that was not streamed, is skipped.
    """

    severity = None
    aspect = "service"
    max_ms: float = Field(gt=0, description="the limit in milliseconds from the call to the first token")

    def __call__(self, pair: Pair) -> Found:
        waited_ms = pair.candidate.time_to_first_token_ms
        if waited_ms is None:
            return Found(Status.SKIP, "no time to the first token was recorded")
        if waited_ms > self.max_ms:
            return Found(Status.FAIL, f"candidate began after {waited_ms:.0f} ms, the limit is {self.max_ms:.0f} ms")
        return PASSED


PASSES = [Example(candidate="x", answer={"time_to_first_token_ms": 99.0}, settings={"max_ms": 100})]
FAILS = [Example(candidate="x", answer={"time_to_first_token_ms": 101.0}, settings={"max_ms": 100})]
