"""Pairs as rows: the one place that knows how a pair lies in the `pairs` table."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa

from connectors.types import Completion, Origin, Request, ToolCall
from shadow.types import Examined, Pair

ANSWER: dict[str, Any] = {
    "text": pl.String,
    "tool_calls": pl.String,
    "finish_reason": pl.String,
    "refusal": pl.String,
    "model": pl.String,
    "input_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "latency_ms": pl.Float64,
    "time_to_first_token_ms": pl.Float64,
    "confidence": pl.Float64,
    "error": pl.String,
}
SCHEMA: dict[str, Any] = {
    "pair_id": pl.String,
    "workflow": pl.String,
    "fingerprint": pl.String,
    "request_id": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"),
    "mirrored_at": pl.Datetime("us", "UTC"),
    "topic": pl.String,
    "partition": pl.Int32,
    "offset": pl.Int64,
    "request": pl.String,
    **{f"{arm}_{name}": dtype for arm in ("production", "candidate") for name, dtype in ANSWER.items()},
    "candidate_dropped_params": pl.List(pl.String),
    "inclusion_probability": pl.Float64,
    "scrub_version": pl.String,
    "scrubbed": pl.String,
    "tags": pl.String,
    "trace_id": pl.String,
    "span_id": pl.String,
    "subject_key": pl.String,
    "ground_truth": pl.String,
    "examined_by": pl.String,
    "examined": pl.String,
}
_PLAIN = (
    "pair_id", "workflow", "fingerprint", "request_id", "occurred_at", "mirrored_at", "inclusion_probability",
    "scrub_version", "trace_id", "span_id", "subject_key",
)  # fmt: skip
JSON = frozenset({"request", "production_tool_calls", "candidate_tool_calls", "scrubbed", "tags", "ground_truth"})
_BY_ARROW = {
    "occurred_at": pa.timestamp("us", "UTC"),
    "mirrored_at": pa.timestamp("us", "UTC"),
    "candidate_dropped_params": pa.list_(pa.string()),
}
_encode = msgspec.json.Encoder().encode
_calls = msgspec.json.Decoder(list[ToolCall])
_request = msgspec.json.Decoder(Request)


def to_frame(pairs: Sequence[Pair]) -> pl.DataFrame:
    """One row a pair, with the columns of the `pairs` table."""
    values: dict[str, list[Any]] = {name: [getattr(pair, name) for pair in pairs] for name in _PLAIN}
    for name in ("topic", "partition", "offset"):
        values[name] = [getattr(pair.origin, name) for pair in pairs]
    for name in ("request", "scrubbed", "tags", "ground_truth"):
        values[name] = [_json(getattr(pair, name)) for pair in pairs]
    values["examined_by"] = [pair.examined and pair.examined.by for pair in pairs]
    values["examined"] = [pair.examined and pair.examined.found for pair in pairs]
    columns = [column(name, each) for name, each in values.items()]
    for arm in ("production", "candidate"):
        columns += answer_columns([getattr(pair, arm) for pair in pairs], arm)
    return pl.DataFrame(columns).select(list(SCHEMA))


def answer_columns(answers: Sequence[Completion], arm: str) -> list[pl.Series]:
    """The columns of one arm, `production` or `candidate`, for these answers; all that a table row says of them."""
    values: dict[str, list[Any]] = {name: [getattr(answer, name) for answer in answers] for name in ANSWER}
    values["tool_calls"] = [_json(answer.tool_calls) for answer in answers]
    if arm == "candidate":
        values["dropped_params"] = [answer.dropped_params for answer in answers]
    return [column(f"{arm}_{name}", each) for name, each in values.items()]


def column(name: str, values: Sequence[Any]) -> pl.Series:
    """A column of the `pairs` table; JSON is given as bytes.

    Times and lists go by Arrow, since polars takes a microsecond and more for each of them.
    """
    if arrow := _BY_ARROW.get(name):
        return pl.Series(name, pa.array(values, arrow), dtype=SCHEMA[name])
    if name in JSON:
        return pl.Series(name, values, dtype=pl.Binary).cast(pl.String)
    return pl.Series(name, values, dtype=SCHEMA[name])


def from_frame(frame: pl.DataFrame) -> list[Pair]:
    """The pairs of rows of the `pairs` table, all columns present."""
    return [_pair(row) for row in frame.iter_rows(named=True)]


def _json(value: Any) -> bytes | None:
    return None if value is None else _encode(value)


def _pair(row: dict[str, Any]) -> Pair:
    truth, by = row["ground_truth"], row["examined_by"]
    return Pair(
        **{name: row[name] for name in _PLAIN},
        origin=Origin(row["topic"], row["partition"], row["offset"]),
        request=_request.decode(row["request"]),
        production=answer_of(row, "production"),
        candidate=answer_of(row, "candidate"),
        scrubbed=msgspec.json.decode(row["scrubbed"]),
        tags=msgspec.json.decode(row["tags"]),
        ground_truth=None if truth is None else msgspec.json.decode(truth),
        examined=None if by is None else Examined(by, row["examined"]),
    )


def answer_of(row: Mapping[str, Any], arm: str) -> Completion:
    """The answer of one arm, `production` or `candidate`, in a row of the `pairs` table."""
    values = {name: row[f"{arm}_{name}"] for name in ANSWER}
    calls, dropped = values.pop("tool_calls"), row[f"{arm}_dropped_params"] if arm == "candidate" else None
    return Completion(**values, tool_calls=_calls.decode(calls) if calls else [], dropped_params=dropped or [])
