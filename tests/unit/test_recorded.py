"""Rows of recorded pairs: what is read, and what is refused with a reason that holds no text of the row."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.types import ToolCall
from shadow.recorded import COLUMNS, recorded

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LEAST = {"request_id": "r1", "messages": '[{"role": "user", "content": "hi"}]', "production_output": "a"}


def test_the_least_row_is_a_pair_whose_candidate_failed() -> None:
    found = recorded(LEAST, "triage", NOW)
    assert (found.interaction.workflow, found.interaction.request_id, found.interaction.occurred_at) == (
        "triage",
        "r1",
        NOW,
    )
    assert found.interaction.response.text == "a"
    assert found.candidate.error == "no answer was recorded"
    assert (found.candidate_model, found.human_label) == (None, None)


@pytest.mark.parametrize("nested", [json.dumps, lambda value: value], ids=["as JSON text", "as plain values"])
def test_a_full_row_is_read(nested: Any) -> None:
    row = {
        **LEAST,
        "messages": nested([{"role": "user", "content": "hi"}]),
        "tools": nested([{"type": "function"}]),
        "response_schema": nested({"type": "object"}),
        "ground_truth": nested({"label": "x"}),
        "tags": nested({"tier": "gold"}),
        "production_tool_calls": nested([]),
        "candidate_tool_calls": nested([{"name": "f", "arguments": {"n": 1}}, {"name": "g", "arguments": "{"}]),
        "candidate_output": "raw",
        "candidate_model": "mini",
        "candidate_latency_s": 0.25,
        "candidate_input_tokens": 7,
        "production_latency_s": float("nan"),
        "human_label": "tie",
        "occurred_at": "2026-01-02T03:04:05+01:00",
        "subject_key": "s",
        "split": "dev",
    }
    found = recorded(row, "triage", NOW)
    request = found.interaction.request
    assert request.response_format == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": {"type": "object"}},
    }
    assert request.tools == [{"type": "function"}]
    assert found.interaction.ground_truth == {"label": "x"}
    assert found.interaction.tags == {"tier": "gold"}
    assert found.interaction.response.latency_ms is None
    assert found.interaction.occurred_at == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert found.candidate.tool_calls == [ToolCall("f", '{"n":1}'), ToolCall("g", "{")]
    assert (found.candidate.text, found.candidate.latency_ms, found.candidate.input_tokens) == ("raw", 250.0, 7)
    assert (found.candidate_model, found.human_label) == ("mini", "tie")


def test_ground_truth_may_be_plain_text() -> None:
    assert recorded({**LEAST, "ground_truth": "billing"}, "w", NOW).interaction.ground_truth == "billing"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (None, "the line is not a JSON object"),
        ({"messages": None}, "request_id or messages is missing"),
        ({"messages": "Jo's secret"}, "messages: not JSON"),
        ({"messages": '"Jo\'s secret"'}, "not a recorded pair: Expected `array`"),
        ({"production_output": None}, "production_output is missing"),
        ({"production_output": 7}, "production: Expected `str | null`, got `int`"),
        ({"candidate_latency_s": "secret", "candidate_output": "a"}, "candidate_latency_s: no number of seconds"),
        ({"candidate_input_tokens": -1, "candidate_output": "a"}, "candidate: Expected `int` >= 0"),
        ({"candidate_tool_calls": [{"arguments": "secret"}]}, "candidate_tool_calls: a call needs a name"),
        ({"human_label": "secret"}, "human_label: none of production, candidate, tie"),
        ({"occurred_at": "2026-01-02T03:04:05"}, "occurred_at: the time has no zone"),
        ({"tags": {"a": ["secret"]}}, "not a recorded pair: Expected `str`"),
    ],
)
def test_what_is_no_pair_is_refused_without_its_text(change: dict[str, Any] | None, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^.{3}") as refused:
        recorded(None if change is None else {**LEAST, **change}, "triage", NOW)
    assert str(refused.value).startswith(reason)
    assert "secret" not in str(refused.value)


values = st.none() | st.text(max_size=12) | st.integers() | st.floats() | st.lists(st.integers(), max_size=2)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(COLUMNS)), values, max_size=8))
def test_no_row_does_worse_than_being_refused(row: dict[str, Any]) -> None:
    for each in (row, {**LEAST, **row}):
        with contextlib.suppress(ValueError):
            assert recorded(each, "w", NOW).interaction.workflow == "w"
