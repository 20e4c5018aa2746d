"""The captured record: what is refused and how it is said, the round trip, and that the documents are the code's."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.interaction import VERSION, Interaction, decode, encode, json_schema
from connectors.types import Completion, Request, ToolCall

DOCS = Path(__file__).parents[2] / "docs"
GOOD: dict[str, Any] = {
    "schema": VERSION,
    "workflow": "triage",
    "request_id": "r-1",
    "occurred_at": "2026-01-02T03:04:05+01:00",
    "request": {"messages": [{"role": "user", "content": "hello"}]},
    "response": {"text": "billing"},
}


def record(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def without(field: str) -> bytes:
    return json.dumps({name: value for name, value in GOOD.items() if name != field}).encode()


def test_a_good_record() -> None:
    interaction = decode(record(ground_truth={"queue": ["billing"]}, somebody_elses="field"))
    assert interaction.occurred_at == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert interaction.occurred_at.tzinfo is UTC
    assert interaction.response == Completion(text="billing")
    assert interaction.ground_truth == {"queue": ["billing"]}


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "the record is empty (a tombstone)"),
        (b"", "the record is not an interaction: Input data was truncated"),
        (b'{"schema"', "the record is not an interaction: Input data was truncated"),
        (b"nonsense", "the record is not an interaction: JSON is malformed"),
        (b"[]", "the record is not an interaction: Expected `object`, got `array`"),
        (b"\x00\xff\xfe", "the record is not an interaction: JSON is malformed"),
        (record().replace(b"hello", b"h\xff"), "the record is not UTF-8"),
        (record(schema="shadowjudge.interaction/2"), "Invalid enum value 'shadowjudge.interaction/2' - at `$.schema`"),
        *[
            (without(field), f"the record is not an interaction: Object missing required field `{field}`")
            for field in GOOD
        ],
        (record(request={}), "Object missing required field `messages` - at `$.request`"),
        (record(request={"messages": "hello"}), "Expected `array`, got `str` - at `$.request.messages`"),
        (record(response={"text": 5}), "Expected `str | null`, got `int` - at `$.response.text`"),
        (record(tags={"tier": 5}), "Expected `str`, got `int` - at `$.tags[...]`"),
        (record(occurred_at="yesterday"), "Invalid RFC3339 encoded datetime - at `$.occurred_at`"),
        (
            record(occurred_at="2026-01-02T03:04:05"),
            "Expected `datetime` with a timezone component - at `$.occurred_at`",
        ),
        (record(occurred_at="0001-01-01T00:00:00+14:00"), "occurred_at is out of range"),
        (record(ground_truth=float("nan")), "the record is not an interaction: JSON is malformed"),
        (record(workflow="\ud800"), "the record is not an interaction: JSON is malformed"),
        (record(ground_truth=0).replace(b": 0}", b": " + b"[" * 200_000 + b"}"), "the record is nested too deeply"),
    ],
)
def test_what_is_no_interaction(value: bytes | None, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        decode(value)
    assert type(caught.value) is ValueError
    assert "hello" not in str(caught.value)


texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
times = st.datetimes(
    datetime(1970, 1, 1),
    datetime(2200, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))]),
)
interactions = st.builds(
    Interaction,
    schema=st.just(VERSION),
    workflow=texts,
    request_id=texts,
    occurred_at=times,
    request=st.builds(
        Request,
        messages=st.lists(st.dictionaries(texts, values, max_size=3), max_size=3),
        tools=st.none() | st.lists(st.dictionaries(texts, values, max_size=2), max_size=2),
        tool_choice=st.none() | texts | st.dictionaries(texts, values, max_size=2),
        response_format=st.none() | st.dictionaries(texts, values, max_size=2),
        params=st.dictionaries(texts, values, max_size=3),
    ),
    response=st.builds(
        Completion,
        text=st.none() | texts,
        tool_calls=st.lists(st.builds(ToolCall, name=texts, arguments=texts, id=st.none() | texts), max_size=2),
        latency_ms=st.none() | st.floats(0, 1e9),
        dropped_params=st.lists(texts, max_size=2),
    ),
    tags=st.dictionaries(texts, texts, max_size=3),
    ground_truth=values,
)


@settings(max_examples=60, deadline=None)
@given(interactions)
def test_what_is_encoded_is_decoded_again(interaction: Interaction) -> None:
    encoded = encode(interaction)
    assert decode(encoded) == interaction
    jsonschema_rs.validate(json_schema(), json.loads(encoded))


def test_the_schema_in_the_documents_is_the_codes() -> None:
    text = (DOCS / "interaction.schema.json").read_text(encoding="utf-8")
    assert text == json.dumps(json_schema(), indent=2) + "\n", "write it anew; docs/interaction.md says how"


def test_the_schema_refuses_what_the_code_refuses() -> None:
    validator = jsonschema_rs.validator_for(json_schema())
    assert validator.is_valid(GOOD)
    for field in GOOD:
        assert not validator.is_valid({name: value for name, value in GOOD.items() if name != field})


def test_the_documented_examples_are_interactions() -> None:
    examples = re.findall(r"```json\n(.*?)```", (DOCS / "interaction.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 2
    for example in examples:
        jsonschema_rs.validate(json_schema(), json.loads(example))
        decode(example.encode())


def test_every_field_is_documented() -> None:
    rows = re.findall(r"^\| `([a-z_.\[\]]+)`", (DOCS / "interaction.md").read_text(encoding="utf-8"), re.MULTILINE)
    nested = {"request": Request, "response": Completion, "response.tool_calls[]": ToolCall}
    fields = set(Interaction.__struct_fields__)
    for place, struct in nested.items():
        fields |= {f"{place}.{name}" for name in struct.__struct_fields__}
    assert set(rows) == fields
