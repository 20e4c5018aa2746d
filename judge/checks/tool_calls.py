"""Are the tools called that should be, with the right arguments?"""

from typing import Any, Literal

import msgspec
from pydantic import Field

from connectors.types import Completion, Request, ToolCall
from judge.checking.calls import Call, Text, Wanted, as_wanted, calls_of, loose, mismatch, parameters_of
from judge.checking.check import Agreement
from judge.checking.example import Example
from judge.checking.reading import folded


class Calls(msgspec.Struct, frozen=True):
    """The calls of one side, and what each tool's parameters may be."""

    calls: list[Call] | list[Wanted]
    tools: dict[str, dict[str, Any]] = {}


class ToolCalls(Agreement[Calls]):
    """Both answers make the same tool calls, or none. Parallel calls may come in any order.

    The ground truth lists the right calls as `{"name": ..., "arguments": {parameter: [accepted values]}}`; an empty
    string among the accepted values means that the parameter may be left out, and an empty list that no call is right.
    Against it, each argument must also have the type that the request's tools declare, and every required one must be
    there; an integer will do for a number. Without ground truth the values of both answers are compared. The rules are
    those of the Berkeley Function Calling Leaderboard's AST checker.
    """

    text: Literal["loose", "folded", "exact"] = Field(
        default="loose",
        description='how strings are compared: `"loose"` ignores case, spaces and `, . / - _ * ^`, `"folded"` case, '
        'white space and Unicode form, `"exact"` nothing',
    )
    ordered: bool = Field(default=False, description="parallel calls must come in the same order")

    def value(self, answer: Completion) -> Calls:
        return Calls(calls_of(answer))

    def read(self, answer: Completion, request: Request) -> Calls:
        return Calls(calls_of(answer), parameters_of(request))

    def truth(self, ground_truth: Any) -> Calls:
        return Calls(msgspec.convert(ground_truth, list[Wanted]))

    def difference(self, one: Calls, other: Calls) -> str:
        calls = [each for each in one.calls if isinstance(each, Call)]
        wanted = [as_wanted(each) if isinstance(each, Call) else each for each in other.calls]
        tools = one.tools if any(isinstance(each, Wanted) for each in other.calls) else {}
        return mismatch(calls, wanted, tools, _TEXT[self.text], self.ordered)


_TEXT: dict[str, Text] = {"loose": loose, "folded": folded, "exact": str}


_TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "refund",
            "parameters": {
                "type": "object",
                "properties": {"order": {"type": "string"}, "eur": {"type": "number"}, "note": {"type": "string"}},
                "required": ["order", "eur"],
            },
        },
    }
]
_RIGHT = [{"name": "refund", "arguments": {"order": ["A-1"], "eur": [5], "note": ["", "late"]}}]
_A1 = ToolCall("refund", '{"order": "A-1", "eur": 5}')
_A2 = ToolCall("refund", '{"order": "A-2", "eur": 5}')
PASSES = [
    Example(production_calls=[_A1], candidate_calls=[_A1], note="the same call"),
    Example(production_calls=[_A1, _A2], candidate_calls=[_A2, _A1], note="parallel calls in another order"),
    Example(production_calls=[_A1], candidate_calls=[_A1], truth=_RIGHT, tools=_TOOLS, note="the note may be left out"),
    Example(production="Which order?", candidate="Which one?", truth=[], tools=_TOOLS, note="no call is right"),
]
FAILS = [
    Example(production_calls=[_A1], candidate_calls=[_A2]),
    Example(production_calls=[_A1], candidate="Refunded!", note="no call"),
    Example(
        production_calls=[_A1],
        candidate_calls=[ToolCall("refund", '{"order": "A-1", "eur": "5"}')],
        truth=_RIGHT,
        tools=_TOOLS,
        note="a number written as text",
    ),
    Example(
        production_calls=[_A1],
        candidate_calls=[ToolCall("refund", '{"order": "A-1"}')],
        truth=_RIGHT,
        tools=_TOOLS,
        note="a required argument is not there",
    ),
    Example(production="Which order?", candidate_calls=[_A1], truth=[], tools=_TOOLS, note="no call is right"),
]
