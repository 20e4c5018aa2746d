"""Does the answer hold what it must, and nothing that it must not?"""

from pydantic import Field

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.checking.patterns import Pattern, search
from judge.checking.reading import Unreadable, text_of
from judge.outcomes import Status
from shadow.types import Pair


class MatchesPattern(Validation):
    """The candidate's text matches every pattern that it must match, anywhere in it, and none that it must not.

    Patterns are those of RE2 (https://github.com/google/re2/wiki/Syntax), so that none can take for ever; put `^` and
    `$` around one that has to fit the whole text, `(?i)` before one that minds no case, and `(?m)` to make lines of it.
    """

    aspect = "format"
    must: list[Pattern] = Field(default=[], description="patterns that are found in a good answer")
    must_not: list[Pattern] = Field(default=[], description="patterns that are not")

    def __call__(self, pair: Pair) -> Found:
        try:
            text = text_of(pair.candidate)
        except Unreadable as reason:
            return Found(Status.FAIL, f"candidate {reason}")
        for pattern in self.must:
            if not search(pattern, text):
                return Found(Status.FAIL, f"candidate has nothing that matches {pattern!r}")
        for pattern in self.must_not:
            if search(pattern, text):
                return Found(Status.FAIL, f"candidate has something that matches {pattern!r}")
        return PASSED


_FORM = {"must": ["\\[(Yes|No)\\]"]}
PASSES = [
    Example(candidate="It is divisible by 3. [No]", settings=_FORM),
    Example(candidate="AB-123456", settings={"must": ["^[A-Z]{2}-[0-9]{6}$"], "must_not": ["(?i)order"]}),
]
FAILS = [
    Example(candidate="No", settings=_FORM, note="the right answer in the wrong form is a format defect"),
    Example(candidate="The order is AB-123456", settings={"must_not": ["(?i)order"]}),
    Example(candidate="", settings=_FORM),
]
