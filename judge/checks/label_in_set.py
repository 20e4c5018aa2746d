"""Is the candidate's answer one of the labels?"""

from pydantic import Field

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.checking.labels import Vocabulary
from judge.checking.reading import Unreadable
from judge.outcomes import Status
from shadow.types import Pair


class LabelInSet(Validation, Vocabulary):
    """The candidate names one of the labels, and says nothing else. Case and white space around it do not matter."""

    aspect = "format"
    labels: list[str] = Field(min_length=1, description="the known labels")

    def __call__(self, pair: Pair) -> Found:
        try:
            self.read_labels(pair.candidate)
        except Unreadable as reason:
            return Found(Status.FAIL, f"candidate {reason}")
        return PASSED


_QUEUES = {"labels": ["billing", "access"]}
PASSES = [
    Example(candidate="Billing", settings=_QUEUES),
    Example(candidate='{"queue": "access"}', settings={**_QUEUES, "field": "queue"}),
    Example(candidate="access, billing", settings={**_QUEUES, "several": "comma"}),
]
FAILS = [
    Example(candidate="sales", settings=_QUEUES),
    Example(candidate="not billing", settings=_QUEUES),
    Example(candidate="", settings=_QUEUES),
    Example(candidate='{"queue": 7}', settings={**_QUEUES, "field": "queue"}),
]
