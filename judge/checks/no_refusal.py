"""Does the candidate answer, instead of refusing?"""

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.checking.reading import Unreadable
from judge.checking.refusals import refuses
from judge.outcomes import Status
from shadow.types import Pair


class NoRefusal(Validation):
    """The candidate does not refuse the request, for workflows in which every request is to be answered.

    A refusal is what the server marks as one, or a text that begins like one; the words are mostly English.
    """

    aspect = "policy"

    def __call__(self, pair: Pair) -> Found:
        try:
            refused = refuses(pair.candidate)
        except Unreadable as reason:
            return Found(Status.FAIL, f"candidate {reason}")
        return Found(Status.FAIL, "candidate refuses to answer") if refused else PASSED


PASSES = [Example(candidate="It opens at nine.")]
FAILS = [
    Example(candidate="I'm sorry, but I cannot help with that."),
    Example(candidate="", answer={"refusal": "I can't discuss that."}),
]
