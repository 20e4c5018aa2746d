"""Do both answers end in the same final answer, also where one lacks the demanded form?"""

from typing import Any, Literal

from pydantic import Field

from connectors.types import Completion
from judge.checking.check import Agreement
from judge.checking.example import Example
from judge.checking.numbers import number_of
from judge.checking.patterns import Pattern, groups
from judge.checking.reading import Unreadable, folded, text_of, truth_at


class FinalAnswer(Agreement[str]):
    """Both answers end in the same final answer, such as `[Yes]` at the end of a text that reasons.

    This check is about what is said. An answer without the demanded form is read by `bare`, so "No" and "[No]" agree;
    let the check `pattern` demand the form, and format defects stand apart from wrong answers. The ground truth is the
    final answer, with or without its form, or an object with it under `truth_field`.
    """

    form: Pattern = Field(description="the demanded form, a pattern (RE2) with a group around the answer itself")
    bare: Pattern | None = Field(
        default=None, description="a pattern for the answer where the form is missing; without it there is no answer"
    )
    take: Literal["last", "first"] = Field(default="last", description="which one counts when several are found")
    compare: Literal["folded", "exact", "number"] = Field(
        default="folded", description='how: `"folded"` ignores case and white space, `"number"` compares values'
    )

    def value(self, answer: Completion) -> str:
        text = text_of(answer)
        for pattern in (self.form, self.bare):
            if pattern is not None and (found := self._taken(pattern, text)) is not None:
                return self._comparable(found)
        raise Unreadable("gave no final answer")

    def truth(self, ground_truth: Any) -> str:
        given = str(truth_at(ground_truth, None))
        inside = self._taken(self.form, given)
        return self._comparable(given if inside is None else inside)

    def difference(self, one: str, other: str) -> str:
        return "" if one == other else f"{one[:60]!r} against {other[:60]!r}"

    def _taken(self, pattern: str, text: str) -> str | None:
        found = None
        for each in groups(pattern, text):
            found = each
            if self.take == "first":
                break
        return found

    def _comparable(self, written: str) -> str:
        if self.compare == "number":
            number = number_of(written)
            if number is None:
                raise Unreadable(f"gave {written[:60]!r}, which is no number")
            return repr(number)
        return written if self.compare == "exact" else folded(written)


_BRACKETS = {"form": "\\[(?i:(yes|no))\\]", "bare": "(?i)\\b(yes|no)\\b"}
PASSES = [
    Example(production="It is divisible by 3. [No]", candidate="[no]", settings=_BRACKETS),
    Example(production="[No]", candidate="No", settings=_BRACKETS, note="the form is another check's business"),
    Example(production="[No]", candidate="Yes? No: [No]", truth={"answer": "No"}, settings=_BRACKETS),
    Example(
        production="\\boxed{10}",
        candidate="so \\boxed{10.0}",
        settings={"form": "\\\\boxed\\{([^}]*)\\}", "compare": "number"},
    ),
]
FAILS = [
    Example(production="[No]", candidate="[Yes]", settings=_BRACKETS),
    Example(production="[No]", candidate="It depends.", settings=_BRACKETS),
    Example(production="[No]", candidate="[No]", truth="Yes", settings=_BRACKETS),
]
