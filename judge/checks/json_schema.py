"""Is the candidate's answer JSON of the required form?"""

import functools
from functools import cached_property
from typing import Any, Literal, Self

import jsonschema_rs
import msgspec
from pydantic import Field, model_validator

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.checking.reading import Unreadable, json_of, text_of
from judge.outcomes import Status
from shadow.types import Pair


class JsonSchema(Validation):
    """The candidate's whole text is JSON that satisfies a JSON Schema.

    JSON in a code fence is not JSON to the program that reads it, so it fails, and so do NaN and trailing commas. An
    answer that is a tool call is skipped, and so is a pair when neither the check nor its request has a schema. A
    schema may not refer to another document: nothing is ever fetched. A pattern that cannot be decided in bounded
    time is an ERROR.
    """

    aspect = "format"
    json_schema: dict[str, Any] | None = Field(
        default=None,
        description="the schema, as a table; where it is not given, the one in the request's own `response_format`",
    )
    draft: Literal["7", "2020-12"] = Field(
        default="2020-12", description="the draft of JSON Schema that a schema without `$schema` is read as"
    )

    @model_validator(mode="after")
    def _is_a_schema(self) -> Self:
        if self.json_schema is not None:
            try:
                _compiled(self.json_schema, self.draft)
            except jsonschema_rs.ValidationError as error:
                raise ValueError(f"not a JSON Schema: {error.message}") from error
        return self

    @cached_property
    def _own(self) -> jsonschema_rs.Validator | None:
        return None if self.json_schema is None else _compiled(self.json_schema, self.draft)

    def __call__(self, pair: Pair) -> Found:
        validator = self._own
        if validator is None:
            schema = _requested(pair.request.response_format)
            if schema is None:
                return Found(Status.SKIP, "neither the check nor the request has a schema")
            validator = _validator(msgspec.json.encode(schema), self.draft)
        if pair.candidate.tool_calls and not pair.candidate.text:
            return Found(Status.SKIP, "candidate answered with tool calls only")
        try:
            answer = json_of(text_of(pair.candidate))
        except Unreadable as reason:
            return Found(Status.FAIL, f"candidate {reason}")
        if validator.is_valid(answer):
            return PASSED
        error = next(validator.iter_errors(answer))
        if error.kind.name in ("backtrackLimitExceeded", "regexEngineFailure"):
            raise ValueError(f"the schema's pattern cannot be decided: {error.kind.name}")
        place = "/".join(str(part) for part in error.instance_path) or "the answer"
        return Found(Status.FAIL, f"{place}: {error.message}")


@functools.lru_cache(maxsize=256)
def _validator(schema: bytes, draft: str) -> jsonschema_rs.Validator:
    return _compiled(msgspec.json.decode(schema), draft)


def _compiled(schema: Any, draft: str) -> jsonschema_rs.Validator:
    if draft == "7" and not (isinstance(schema, dict) and "$schema" in schema):
        return jsonschema_rs.Draft7Validator(schema, offline=True)
    return jsonschema_rs.validator_for(schema, offline=True)


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
