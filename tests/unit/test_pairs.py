"""A pair survives its way into a row and back."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.types import Completion, Origin, Request, ToolCall
from shadow.pairs import SCHEMA, from_frame, to_frame
from shadow.store import DuckDBFile
from shadow.types import Pair, pair_id

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)

FULL = Pair(
    pair_id="p",
    workflow="triage",
    fingerprint="small@1",
    request_id="r",
    occurred_at=NOW,
    mirrored_at=NOW,
    origin=Origin("calls", 3, 2**40),
    request=Request(
        messages=[{"role": "user", "content": [{"type": "text", "text": "ß '\" \n"}]}],
        tools=[{"type": "function"}],
        tool_choice="auto",
        response_format={"type": "json_object"},
        params={"temperature": 0.5, "stop": None},
    ),
    production=Completion(
        text="billing", tool_calls=[ToolCall("f", "{not json", "c1")], finish_reason="stop", refusal="no", model="big",
        input_tokens=1, output_tokens=2, latency_ms=1.5, time_to_first_token_ms=0.5, confidence=0.25,
    ),
    candidate=Completion(error="no answer within 1 s", latency_ms=1000.0, dropped_params=["seed", "top_k"]),
    inclusion_probability=0.25,
    scrub_version="v",
    scrubbed={"email": 2},
    tags={"tier": "gold"},
    trace_id="t",
    span_id="s",
    subject_key="k",
    ground_truth={"label": ["billing", None, 1.5]},
)  # fmt: skip

json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
completions = st.builds(
    Completion,
    text=st.none() | st.text(max_size=20),
    tool_calls=st.lists(
        st.builds(ToolCall, st.text(max_size=5), st.text(max_size=9), st.none() | st.text(max_size=3)), max_size=2
    ),
    input_tokens=st.none() | st.integers(0, 2**40),
    latency_ms=st.none() | st.floats(0, 1e9),
    error=st.none() | st.text(max_size=9),
)


def test_a_full_pair_and_a_bare_one_come_back_as_they_were() -> None:
    bare = msgspec.structs.replace(
        FULL, production=Completion(), candidate=Completion(), tags={}, scrubbed={}, trace_id=None, ground_truth=None
    )
    frame = to_frame([FULL, bare])
    assert dict(frame.schema) == {
        name: pl.DataType.from_python(dtype) if dtype is str else dtype for name, dtype in SCHEMA.items()
    }
    assert from_frame(frame) == [FULL, bare]
    assert to_frame([]).schema == frame.schema


@settings(max_examples=100, deadline=None)
@given(
    candidate=completions,
    production=completions,
    truth=json,
    tags=st.dictionaries(st.text(max_size=5), st.text(max_size=5)),
)
def test_any_pair_comes_back_as_it_was(
    candidate: Completion, production: Completion, truth: Any, tags: dict[str, str]
) -> None:
    pair = msgspec.structs.replace(FULL, candidate=candidate, production=production, ground_truth=truth, tags=tags)
    assert from_frame(to_frame([pair])) == [pair]


def test_a_pair_comes_back_from_the_store_as_it_was(tmp_path: Any) -> None:
    store = DuckDBFile(tmp_path / "s.duckdb")
    store.migrate("shadow")
    odd = msgspec.structs.replace(FULL, candidate=Completion(text="a\x00b $x ' \u202e"), ground_truth=False)
    store.append("pairs", to_frame([FULL, odd]))
    assert from_frame(store.read("SELECT * FROM pairs")) == [FULL, odd]
    store.close()


@pytest.mark.parametrize(
    "other",
    [
        (Origin("calls", 0, 2), "a"),
        (Origin("calls", 1, 1), "a"),
        (Origin("call", 0, 1), "a"),
        (Origin("calls", 0, 1), "b"),
    ],
)
def test_the_id_follows_from_the_record_and_the_candidate(other: tuple[Origin, str]) -> None:
    assert pair_id(Origin("calls", 0, 1), "a") == pair_id(Origin("calls", 0, 1), "a") != pair_id(*other)
