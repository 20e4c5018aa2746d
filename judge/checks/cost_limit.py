"""Did the answer cost no more than it may?"""

from pydantic import Field

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.outcomes import Status
from shadow.types import Pair

_MILLION = 1e6


class CostLimit(Validation):
    """The candidate's call cost at most so much, by its tokens and their price.

    A dear call is a matter of service and no defect, so this check has no severity unless you give it one. A pair
    without token counts is skipped.
    """

    severity = None
    aspect = "service"
    max_usd: float = Field(gt=0, description="the limit in USD a call")
    input_usd_per_million: float = Field(ge=0, description="the price of a million tokens read, in USD")
    output_usd_per_million: float = Field(ge=0, description="the price of a million tokens written, in USD")

    def __call__(self, pair: Pair) -> Found:
        read, written = pair.candidate.input_tokens, pair.candidate.output_tokens
        if read is None or written is None:
            return Found(Status.SKIP, "the candidate's tokens were not counted")
        usd = (read * self.input_usd_per_million + written * self.output_usd_per_million) / _MILLION
        if usd > self.max_usd:
            return Found(Status.FAIL, f"candidate cost {usd:.6f} USD, the limit is {self.max_usd:.6f} USD")
        return PASSED


_PRICE = {"max_usd": 0.001, "input_usd_per_million": 0.2, "output_usd_per_million": 0.8}
PASSES = [Example(candidate="x", answer={"input_tokens": 1000, "output_tokens": 1000}, settings=_PRICE)]
FAILS = [Example(candidate="x", answer={"input_tokens": 1000, "output_tokens": 1001}, settings=_PRICE)]
