"""Is the candidate's answer JSON of the required form?"""

import functools
from typing import Any

import jsonschema_rs
import msgspec
from pydantic import field_validator

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.checking.reading import Unreadable, json_of, text_of
from judge.outcomes import Status
from shadow.types import Pair


class JsonSchema(Validation):
    """The candidate's whole text is JSON that satisfies a JSON Schema.

    `json_schema`: the schema, as a table. Without it the schema in the request's own response_format is taken, and a
    pair whose request has none is skipped. So is an answer that is a tool call. Schemas may not refer to other
    documents: nothing is ever fetched.
    """

    json_schema: dict[str, Any] | None = None

    @field_validator("json_schema")
    @classmethod
    def _is_a_schema(cls, schema: dict[str, Any] | None) -> dict[str, Any] | None:
        if schema is not None:
            try:
                jsonschema_rs.validator_for(schema, offline=True)
            except jsonschema_rs.ValidationError as error:
                raise ValueError(f"not a JSON Schema: {error.message}") from error
        return schema

    def __call__(self, pair: Pair) -> Found:
        schema = self.json_schema or _requested(pair.request.response_format)
        if schema is None:
            return Found(Status.SKIP, "neither the check nor the request has a schema")
        if pair.candidate.tool_calls and not pair.candidate.text:
            return Found(Status.SKIP, "candidate answered with tool calls only")
        try:
            answer = json_of(text_of(pair.candidate))
        except Unreadable as reason:
            return Found(Status.FAIL, f"candidate {reason}")
        error = next(_validator(msgspec.json.encode(schema)).iter_errors(answer), None)
        if error is None:
            return PASSED
        if error.kind.name in ("backtrackLimitExceeded", "regexEngineFailure"):
            raise ValueError(f"the schema's pattern cannot be decided: {error.kind.name}")
        place = "/".join(str(part) for part in error.instance_path) or "the answer"
        return Found(Status.FAIL, f"{place}: {error.message}")


@functools.lru_cache(maxsize=256)
def _validator(schema: bytes) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(msgspec.json.decode(schema), offline=True)


def _requested(response_format: dict[str, Any] | None) -> Any:
    """The schema that the caller asked the answer to satisfy, or None."""
    match response_format:
        case {"type": "json_schema", "json_schema": {"schema": schema}}:
            return schema
        case {"type": "json_object"}:
            return {"type": "object"}
    return None


_ORDER = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
_ASKED = {"type": "json_schema", "json_schema": {"name": "order", "schema": _ORDER}}
PASSES = [
    Example(candidate='{"id": "A1"}', settings={"json_schema": _ORDER}),
    Example(candidate='{"id": "A1"}', response_format=_ASKED),
    Example(candidate="{}", response_format={"type": "json_object"}),
]
FAILS = [
    Example(candidate='{"id": 1}', response_format=_ASKED),
    Example(candidate='```json\n{"id": "A1"}\n```', response_format=_ASKED),
    Example(candidate='{"id": NaN}', response_format={"type": "json_object"}),
    Example(candidate="", response_format=_ASKED),
]
