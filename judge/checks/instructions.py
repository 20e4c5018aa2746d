"""Does the answer follow checkable instructions?"""

from typing import Any, Self

from pydantic import Field, TypeAdapter, model_validator

from connectors.errors import unknown
from connectors.types import Completion
from judge.checking.check import Found, Validation, who_is_right
from judge.checking.example import Example
from judge.checking.instructions import FAMILIES, arguments_off, follows, loose
from judge.checking.reading import Unreadable, text_of
from judge.outcomes import Status
from shadow.strict import Strict
from shadow.types import Pair


class Instruction(Strict):
    """One instruction: its IFEval name, "family:name", and its arguments."""

    instruction_id: str
    kwargs: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if self.instruction_id not in FAMILIES:
            raise ValueError(str(unknown("instruction", self.instruction_id, FAMILIES)))
        if wrong := arguments_off(self.instruction_id, self.kwargs):
            raise ValueError(f"{self.instruction_id}: {wrong}")
        return self


class Instructions(Validation):
    """The candidate follows every instruction, by the rules of IFEval (https://arxiv.org/abs/2311.07911).

    The instructions are the check's own, or those that the ground truth of the pair lists in the same form; a pair
    without any is skipped. Production is read as well, so that the result says who follows them.
    """

    aspect = "format"
    instructions: list[Instruction] = Field(
        default=[],
        description='each a table with `instruction_id` and `kwargs`, as in IFEval: `"length_constraints:number_words"`'
        " with `num_words` and `relation`; where none is given, those of the ground truth",
    )
    loose: bool = Field(
        default=False,
        description="an answer may also be read without its first line, its last line and its asterisks",
    )

    def __call__(self, pair: Pair) -> Found:
        wanted = self.instructions or _GIVEN.validate_python(pair.ground_truth or [])
        if not wanted:
            return Found(Status.SKIP, "neither the check nor the ground truth has instructions")
        broken = self._broken(pair.candidate, wanted)
        right = who_is_right(not self._broken(pair.production, wanted), not broken)
        if broken:
            return Found(Status.FAIL, f"candidate {broken}", right)
        return Found(Status.PASS, "", right)

    def _broken(self, answer: Completion, wanted: list[Instruction]) -> str:
        try:
            text = text_of(answer)
        except Unreadable as reason:
            return str(reason)
        forms = list(loose(text)) if self.loose else [text]
        off = [
            each.instruction_id
            for each in wanted
            if not any(follows(each.instruction_id, form, each.kwargs) for form in forms)
        ]
        return f"does not follow {', '.join(off)}" if off else ""


_GIVEN = TypeAdapter(list[Instruction])
_SHORT = {"instruction_id": "length_constraints:number_words", "kwargs": {"num_words": 5, "relation": "less than"}}
_NO_COMMA = {"instruction_id": "punctuation:no_comma"}
PASSES = [
    Example(
        production="Yes, we do",
        candidate="Yes we do",
        settings={"instructions": [_SHORT, _NO_COMMA]},
        note="production breaks the second instruction",
    ),
    Example(production="Yes we do", candidate="We do", truth=[_NO_COMMA], note="instructions of the ground truth"),
]
FAILS = [
    Example(production="Yes", candidate="Yes, of course we do that", settings={"instructions": [_SHORT]}),
    Example(production="Yes", candidate="", settings={"instructions": [_NO_COMMA]}, note="silence follows nothing"),
]
