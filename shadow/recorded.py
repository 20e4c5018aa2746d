"""What a row of recorded pairs says: an interaction, the candidate's answer to it, and whose answer that is. Pure.

docs/import.md lists the columns. Nested values may be JSON text or, in JSON lines, plain values.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from connectors.interaction import Interaction
from connectors.types import Completion, Request

ARMS = ("production", "candidate")
COLUMNS = frozenset(
    {"workflow", "request_id", "messages", "tools", "response_schema", "ground_truth", "human_label"}
    | {"occurred_at", "subject_key", "tags", "trace_id", "span_id"}
    | {
        f"{arm}_{name}"
        for arm in ARMS
        for name in ("model", "output", "tool_calls", "latency_s", "input_tokens", "output_tokens")
    }
)
"""The columns that are read; others are passed over."""


class Recorded(msgspec.Struct, frozen=True):
    """A recorded pair, not yet scrubbed. `human_label` is production, candidate, tie or None."""

    interaction: Interaction
    candidate_model: str | None
    candidate: Completion
    human_label: str | None


def recorded(row: Mapping[str, Any] | None, workflow: str, otherwise_at: datetime) -> Recorded:
    """The pair in a row, for a workflow; `otherwise_at` is when it occurred where the row does not tell.

    Raises ValueError with a sentence when the row is none: no JSON object, no messages, no answer of production, or a
    value of another type.
    """
    if row is None:
        raise ValueError("the line is not a JSON object")
    fields = {name: _known(row.get(name)) for name in COLUMNS}
    if fields["request_id"] is None or fields["messages"] is None:
        raise ValueError("request_id or messages is missing")
    production, candidate = (_answer(fields, arm) for arm in ARMS)
    if production.error is not None:
        raise ValueError("production_output is missing")
    schema = _json(fields["response_schema"], "response_schema")
    request = {
        "messages": _json(fields["messages"], "messages"),
        "tools": _json(fields["tools"], "tools"),
        "response_format": None
        if schema is None
        else {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}},
    }
    given = {name: fields[name] for name in ("subject_key", "trace_id", "span_id") if fields[name] is not None}
    try:
        interaction = Interaction(
            schema="shadowjudge.interaction/1",
            workflow=workflow,
            request_id=str(fields["request_id"]),
            occurred_at=_time(fields["occurred_at"], otherwise_at),
            request=msgspec.convert(request, Request),
            response=production,
            tags=msgspec.convert(_json(fields["tags"], "tags") or {}, dict[str, str]),
            ground_truth=_truth(fields["ground_truth"]),
            **{name: str(value) for name, value in given.items()},
        )
    except msgspec.ValidationError as error:
        raise ValueError(f"not a recorded pair: {error}") from error
    return Recorded(interaction, _text(fields["candidate_model"]), candidate, _label(fields["human_label"]))


def _answer(fields: Mapping[str, Any], arm: str) -> Completion:
    output, calls = fields[f"{arm}_output"], _json(fields[f"{arm}_tool_calls"], f"{arm}_tool_calls")
    if calls is not None and not isinstance(calls, list):
        raise ValueError(f"{arm}_tool_calls: not a list")
    if output is None and calls is None:
        return Completion(error="no answer was recorded", model=_text(fields[f"{arm}_model"]))
    seconds = fields[f"{arm}_latency_s"]
    said = {
        "text": output,
        "tool_calls": [_call(each, f"{arm}_tool_calls") for each in calls or []],
        "model": _text(fields[f"{arm}_model"]),
        "latency_ms": None if seconds is None else 1000 * _number(seconds, f"{arm}_latency_s"),
        "input_tokens": fields[f"{arm}_input_tokens"],
        "output_tokens": fields[f"{arm}_output_tokens"],
    }
    try:
        return msgspec.convert(said, Completion)
    except msgspec.ValidationError as error:
        raise ValueError(f"{arm}: {error}") from error


def _call(call: Any, where: str) -> dict[str, Any]:
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        raise ValueError(f"{where}: a call needs a name")
    arguments = call.get("arguments", {})
    text = arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
    return {"name": call["name"], "arguments": text, "id": _text(call.get("id"))}


def _known(value: Any) -> Any:
    """The value, or None for the ways in which a table says that there is none."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{where}: no number of seconds")
    return float(value)


def _json(value: Any, where: str) -> Any:
    """A nested value: JSON text is decoded, anything else is the value itself."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ValueError(f"{where}: not JSON: {error}") from error


def _truth(value: Any) -> Any:
    """The ground truth: JSON text decoded, other text as it is."""
    try:
        return _json(value, "ground_truth")
    except ValueError:
        return value


def _label(value: Any) -> str | None:
    if value not in (None, *ARMS, "tie"):
        raise ValueError("human_label: none of production, candidate, tie")
    return _text(value)


def _time(value: Any, otherwise_at: datetime) -> datetime:
    if value is None:
        return otherwise_at
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f"occurred_at: {error}") from error
    if moment.tzinfo is None:
        raise ValueError("occurred_at: the time has no zone")
    return moment.astimezone(otherwise_at.tzinfo)
