"""Could the candidate's tool calls be carried out?"""

import functools
from typing import Any, Literal

import jsonschema_rs
import msgspec
from pydantic import Field

from connectors.types import ToolCall
from judge.checking.calls import Call, calls_of, parameters_of
from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.checking.reading import Unreadable
from judge.outcomes import Status
from shadow.types import Pair


class ToolCallSchema(Validation):
    """Every tool call of the candidate names a tool that the request offers, with arguments that fit its schema.

    Required arguments are there, each has its type, and none is invented, unless the schema allows others in so many
    words. An answer that calls nothing is skipped, where `calls` leaves that open.
    """

    aspect = "format"
    calls: Literal["allowed", "required", "none"] = Field(
        default="allowed", description="whether an answer may, must or must not call a tool"
    )

    def __call__(self, pair: Pair) -> Found:
        try:
            calls = calls_of(pair.candidate)
        except Unreadable as reason:
            return Found(Status.FAIL, f"candidate {reason}")
        if not calls:
            if self.calls == "required":
                return Found(Status.FAIL, "candidate calls no tool")
            return PASSED if self.calls == "none" else Found(Status.SKIP, "candidate calls no tool")
        if self.calls == "none":
            return Found(Status.FAIL, f"candidate calls {calls[0].name[:60]}")
        tools = parameters_of(pair.request)
        broken = next((why for call in calls if (why := _broken(call, tools))), "")
        return Found(Status.FAIL, f"candidate {broken}") if broken else PASSED


def _broken(call: Call, tools: dict[str, dict[str, Any]]) -> str:
    if call.name not in tools:
        return f"calls {call.name[:60]!r}, which the request does not offer"
    schema = {"additionalProperties": False, **tools[call.name]} if tools[call.name].get("properties") else {}
    error = next(_validator(msgspec.json.encode(schema)).iter_errors(call.arguments), None)
    if error is None:
        return ""
    place = "/".join(str(part) for part in error.instance_path)
    return f"calls {call.name}: {f'{place}: ' if place else ''}{error.message[:200]}"


@functools.lru_cache(maxsize=256)
def _validator(schema: bytes) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(msgspec.json.decode(schema), offline=True)


_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "refund",
        "parameters": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
    },
}


def _calling(name: str, arguments: str) -> dict[str, Any]:
    return {"candidate_calls": [ToolCall(name, arguments)], "tools": [_TOOL]}


PASSES = [
    Example(**_calling("refund", '{"order": "A-1"}')),
    Example(candidate="Which order?", settings={"calls": "none"}, tools=[_TOOL]),
]
FAILS = [
    Example(**_calling("refund", '{"order": 1}')),
    Example(**_calling("refund", '{"order": "A-1", "now": true}')),
    Example(**_calling("pay", '{"order": "A-1"}')),
    Example(**_calling("refund", '{"order": ')),
    Example(candidate="Refunded!", settings={"calls": "required"}, tools=[_TOOL]),
]
