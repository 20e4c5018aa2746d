"""Is the candidate's answer one of the labels?"""

from pydantic import Field

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.checking.labels import Vocabulary
from judge.checking.reading import Unreadable
from judge.outcomes import Status
from shadow.types import Pair


class LabelInSet(Validation, Vocabulary):
    """The candidate names one of the labels, and nothing else. Case and white space around it do not matter.

    `labels`: the known labels. `aliases`: other spellings that downstream accepts, each with its label.
    `field`: the answer is a JSON object, and this field of it holds the label.
    """

    labels: list[str] = Field(min_length=1)

    def __call__(self, pair: Pair) -> Found:
        try:
            self.read(pair.candidate)
        except Unreadable as reason:
            return Found(Status.FAIL, f"candidate {reason}")
        return PASSED


_QUEUES = {"labels": ["billing", "access"]}
PASSES = [
    Example(candidate="Billing", settings=_QUEUES),
    Example(candidate='{"queue": "access"}', settings={**_QUEUES, "field": "queue"}),
]
FAILS = [
    Example(candidate="sales", settings=_QUEUES),
    Example(candidate="not billing", settings=_QUEUES),
    Example(candidate="", settings=_QUEUES),
    Example(candidate='{"queue": 7}', settings={**_QUEUES, "field": "queue"}),
]
