"""Rows of recorded outputs as pairs, and what is said of them."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from connectors.types import Completion, Origin, Request, ToolCall
from judge.checking.loading import LoadedCheck, load_checks
from judge.checking.settle import CheckResult, examine
from shadow.config import CheckSettings
from shadow.types import Pair

Row = dict[str, Any]
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table: our figure beside the recorded one. `holds` is None where the issue sets no bar."""

    name: str
    ours: str
    recorded: str
    holds: bool | None
    notes: list[str] = []


def checks(*settings: dict[str, Any]) -> list[LoadedCheck]:
    """Checks as a configuration gives them."""
    return load_checks("bench", [CheckSettings(**each) for each in settings], "the benchmark")


def result(loaded: Sequence[LoadedCheck], pair: Pair, name: str) -> CheckResult:
    """What the check of that name says of the pair."""
    return next(each for each in examine(loaded, pair) if each.name == name)


def value(row: Row, column: str) -> Any:
    """A column of JSON text, decoded; None where there is none."""
    return None if row[column] is None else json.loads(row[column])


def pair(row: Row, **changed: Any) -> Pair:
    """A row as a pair; `changed` replaces fields of it."""
    schema = value(row, "response_schema")
    asked = None if schema is None else {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    fields: dict[str, Any] = {
        "pair_id": row["request_id"],
        "workflow": row["workflow"],
        "fingerprint": row["candidate_model"],
        "request_id": row["request_id"],
        "occurred_at": _MOMENT,
        "mirrored_at": _MOMENT,
        "origin": Origin("bench", 0, 0),
        "request": Request(value(row, "messages"), tools=value(row, "tools"), response_format=asked),
        "production": answer(row, "production"),
        "candidate": answer(row, "candidate"),
        "scrub_version": "none",
        "ground_truth": value(row, "ground_truth"),
    }
    return Pair(**fields | changed)


def answer(row: Row, arm: str) -> Completion:
    """What one arm answered."""
    calls = value(row, f"{arm}_tool_calls") or []
    seconds = row[f"{arm}_latency_s"]
    return Completion(
        text=row[f"{arm}_output"],
        tool_calls=[ToolCall(call["name"], json.dumps(call["arguments"])) for call in calls],
        latency_ms=None if seconds is None else seconds * 1000,
        output_tokens=row[f"{arm}_output_tokens"],
        input_tokens=row[f"{arm}_input_tokens"],
    )
