"""Does the answer quote only what the context holds?"""

from typing import Literal

from pydantic import Field

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.checking.grounding import Thing, context_of, missing, support
from judge.checking.reading import LONGEST, Unreadable, text_of
from judge.outcomes import Status
from shadow.types import Pair


class Grounded(Validation):
    """Every number, date, web address and name that the candidate's answer quotes occurs in the context of the request.

    This looks words up and proves nothing: an answer may use the context's words and be false, and a sum of two quoted
    prices is true and not in the context. So this check has no severity unless you give it one. Numbers are compared
    by value and dates by day; a name is a word with a capital inside a sentence. The detail also tells what share of
    the answer's words the context holds.
    """

    severity = None
    things: list[Thing] = Field(
        default=["number", "date", "url", "name"], min_length=1, description="what is looked up"
    )
    roles: list[Literal["system", "user", "assistant", "tool", "developer"]] = Field(
        default=["system", "developer", "user", "tool"],
        min_length=1,
        description="the messages that are the context, by their role",
    )
    allowed: list[str] = Field(default=[], description="further text that may be quoted, such as the house's own name")
    min_support: float | None = Field(
        default=None, gt=0, le=1, description="the least share of the answer's words that the context holds, 0..1"
    )

    def __call__(self, pair: Pair) -> Found:
        try:
            answer = text_of(pair.candidate)
        except Unreadable as reason:
            return Found(Status.SKIP, f"candidate {reason}")
        context = "\n".join([context_of(pair.request.messages, self.roles), *self.allowed])
        if not context.strip() or len(context) > LONGEST:
            return Found(Status.SKIP, "the request holds no context, or more than a check reads")
        off = [f"the {each.thing} {each.written[:60]!r}" for each in missing(answer, context, self.things)]
        share = support(answer, context)
        if not off and (self.min_support is None or share >= self.min_support):
            return PASSED
        listed = ", ".join(off[:5]) + (f" and {len(off) - 5} more" if len(off) > 5 else "")
        return Found(
            Status.FAIL, f"not in the context: {listed or 'too many words'}; it holds {share:.0%} of the answer's words"
        )


_CONTEXT = "Order 4711 of Jane Doe, 3 March 2026: 2 lamps for 1,250.00 EUR. See https://shop.example/4711."
PASSES = [
    Example(
        prompt=_CONTEXT, candidate="Jane Doe ordered two lamps (1250 EUR) on 2026-03-03: https://shop.example/4711"
    ),
    Example(prompt=_CONTEXT, candidate="Order 4711 costs 1250 EUR.", settings={"min_support": 0.3}),
]
FAILS = [
    Example(prompt=_CONTEXT, candidate="Order 4712 costs 1,250.00 EUR."),
    Example(prompt=_CONTEXT, candidate="It was ordered on 4 March 2026 by John Doe."),
    Example(prompt=_CONTEXT, candidate="See https://shop.example/4712"),
    Example(prompt=_CONTEXT, candidate="everything will surely arrive tomorrow", settings={"min_support": 0.3}),
]
