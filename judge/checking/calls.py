"""Tool calls against the calls that are right: names, parameters, types and accepted values.

The rules are those of the Berkeley Function Calling Leaderboard's AST checker
(https://gorilla.cs.berkeley.edu/blogs/8_berkeley_function_calling_leaderboard.html), read over JSON Schema's types.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from connectors.types import Completion, Request
from judge.checking.reading import Unreadable, bounded

LEFT_OUT = ""
"""Among the accepted values of a parameter: it may be left out, or given as an empty list."""
_AT_ONCE = 64
_MARKS = re.compile(r"[ ,./\-_*^]")
_PYTHON: dict[str, type] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list,
    "object": dict,
}

Text = Callable[[str], str]


class Call(msgspec.Struct, frozen=True):
    """One call of an answer, its arguments decoded."""

    name: str
    arguments: dict[str, Any]


class Wanted(msgspec.Struct, frozen=True):
    """One right call: for each parameter the values that are accepted, `LEFT_OUT` among them where it is optional."""

    name: str
    arguments: dict[str, list[Any]]


def calls_of(answer: Completion) -> list[Call]:
    """The calls of an answer, none for one that is text; raises Unreadable for arguments that are no JSON object."""
    if answer.error is not None:
        raise Unreadable("gave no answer")
    calls = []
    for call in answer.tool_calls:
        try:
            arguments = msgspec.json.decode(bounded(call.arguments) or "{}")
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise Unreadable(f"called {call.name[:60]} with arguments that are not JSON") from error
        if not isinstance(arguments, dict):
            raise Unreadable(f"called {call.name[:60]} with arguments that are no JSON object")
        calls.append(Call(call.name, arguments))
    return calls


def parameters_of(request: Request) -> dict[str, dict[str, Any]]:
    """The JSON Schema of the parameters of each tool that the request offers, by the tool's name."""
    found = {}
    for tool in request.tools or ():
        function = tool.get("function")
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            parameters = function.get("parameters")
            found[function["name"]] = parameters if isinstance(parameters, dict) else {}
    return found


def loose(text: str) -> str:
    """The text without spaces, case and the marks , . / - _ * ^ so that "April 1, 2024" is "april 1 2024"."""
    return _MARKS.sub("", text).lower().replace("'", '"')


def mismatch(
    calls: Sequence[Call], wanted: Sequence[Wanted], tools: Mapping[str, Mapping[str, Any]], text: Text, ordered: bool
) -> str:
    """Why the calls are not the wanted ones, in a few words; empty when they are. In any order, unless `ordered`."""
    if len(calls) != len(wanted):
        return f"{_count(len(calls))} instead of {_count(len(wanted))}"
    if ordered or len(calls) > _AT_ONCE:
        return next(
            (why for call, want in zip(calls, wanted, strict=True) if (why := off(call, want, tools, text))), ""
        )
    free = list(range(len(calls)))
    for want in wanted:
        why_not = {index: off(calls[index], want, tools, text) for index in free}
        taken = next((index for index, why in why_not.items() if not why), None)
        if taken is None:
            # The nearest call is the one of the same name; its reason tells most.
            near = next((index for index in free if calls[index].name == want.name), free[0])
            return why_not[near]
        free.remove(taken)
    return ""


def off(call: Call, want: Wanted, tools: Mapping[str, Mapping[str, Any]], text: Text) -> str:
    """In what one call differs from a wanted one, in a few words; empty when it does not."""
    if call.name != want.name:
        return f"calls {call.name[:60]!r} instead of {want.name!r}"
    schema = tools.get(want.name, {})
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else None
    for name in _names(schema.get("required")):
        if name not in call.arguments:
            return f"leaves out {name!r}, which {want.name} requires"
    for name, value in call.arguments.items():
        if name not in want.arguments or (properties is not None and name not in properties):
            return f"gives {name[:60]!r}, which is not wanted"
        kind = (properties or {}).get(name)
        why = _value_off(value, want.arguments[name], kind if isinstance(kind, dict) else {}, text)
        if why:
            return f"{name!r} {why}"
    left_out = [name for name, accepted in want.arguments.items() if name not in call.arguments]
    unwanted = next((name for name in left_out if LEFT_OUT not in want.arguments[name]), None)
    return f"leaves out {unwanted!r}" if unwanted else ""


def _value_off(value: Any, accepted: Sequence[Any], schema: Mapping[str, Any], text: Text) -> str:
    declared = _PYTHON.get(str(schema.get("type")))
    if declared is float and type(value) is int:
        value = float(value)
    if declared is not None and not _typed(value, accepted, declared, schema):
        return f"is {_brief(value)}, of another type than {schema['type']!r}"
    if any(_same(value, each, text) for each in accepted) or (value == [] and LEFT_OUT in accepted):
        return ""
    return f"is {_brief(value)}"


def _typed(value: Any, accepted: Sequence[Any], declared: type, schema: Mapping[str, Any]) -> bool:
    """True for a value of the declared type, or of the type that the accepted values have.

    The second is for a variable's name, given as a string where the schema wants a number. Items of an array are
    compared one level deep.
    """
    example = next((each for each in accepted if each != LEFT_OUT), None)
    if type(value) is not declared:
        return example is not None and type(value) is type(example)
    items = schema.get("items")
    inner = _PYTHON.get(str(items.get("type"))) if isinstance(items, dict) else None
    if not isinstance(value, list) or inner is None:
        return True
    return any(not isinstance(each, list) or all(_typed(item, each, inner, {}) for item in value) for each in accepted)


def _same(value: Any, accepted: Any, text: Text) -> bool:
    """True when a value is an accepted one; an object's accepted form lists the accepted values of each key."""
    if isinstance(value, str) and isinstance(accepted, str):
        return text(value) == text(accepted)
    if isinstance(value, list) and isinstance(accepted, list):
        return len(value) == len(accepted) and all(_same(a, b, text) for a, b in zip(value, accepted, strict=True))
    if isinstance(value, dict) and isinstance(accepted, dict):
        return value.keys() == accepted.keys() and all(_member(value[key], accepted[key], text) for key in value)
    if isinstance(value, bool) or isinstance(accepted, bool):
        return value is accepted
    return bool(value == accepted)


def _member(value: Any, accepted: Any, text: Text) -> bool:
    if isinstance(accepted, list):
        return any(_same(value, each, text) for each in accepted)
    return _same(value, accepted, text)


def _names(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def as_wanted(call: Call) -> Wanted:
    """A call as the only right one: what another arm must say to agree with it."""
    return Wanted(call.name, {name: [_listed(value)] for name, value in call.arguments.items()})


def _listed(value: Any) -> Any:
    """A value in the accepted form: an object's values are lists of one."""
    if isinstance(value, dict):
        return {key: [_listed(each)] for key, each in value.items()}
    return [_listed(each) for each in value] if isinstance(value, list) else value


def _count(number: int) -> str:
    return "no call" if number == 0 else "1 call" if number == 1 else f"{number} calls"


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
