"""Was the answer written to its end?"""

from pydantic import Field

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.outcomes import Status
from shadow.types import Pair


class FinishReason(Validation):
    """The candidate stopped by itself: it was neither cut off at the token limit nor stopped by a filter.

    Where the server gave no reason, a code fence or a JSON object left open says that the answer was cut; otherwise the
    pair is skipped, since nobody can tell.
    """

    aspect = "service"
    allowed: list[str] = Field(
        default=["stop", "tool_calls", "function_call", "end_turn", "stop_sequence", "eos"],
        description="the reasons that a whole answer may end with, as the server names them",
    )

    def __call__(self, pair: Pair) -> Found:
        reason = pair.candidate.finish_reason
        if reason is not None:
            return PASSED if reason in self.allowed else Found(Status.FAIL, f"candidate ended with {reason[:60]!r}")
        text = (pair.candidate.text or "").strip()
        if text.count("```") % 2:
            return Found(Status.FAIL, "candidate left a code fence open")
        if text[:1] in ("{", "[") and text[-1:] not in ("}", "]"):
            return Found(Status.FAIL, "candidate left its JSON open")
        return Found(Status.SKIP, "the server gave no reason")


PASSES = [Example(candidate="Done.", answer={"finish_reason": "stop"})]
FAILS = [
    Example(candidate="Once upon a", answer={"finish_reason": "length"}),
    Example(candidate='{"id": "A1", "no', note="no reason was given, and the JSON is open"),
]
