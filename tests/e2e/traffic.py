"""Captured records for tests: interactions of two workflows, and records that are none."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.interaction import VERSION, Interaction, encode
from connectors.types import Completion, Request

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
GARBAGE = (b"not json", b'{"schema": "shadowjudge.interaction/0"}', b"\xff\xfe\x00")


def interaction(n: int, workflow: str = "triage") -> Interaction:
    """The n-th call of a workflow; production answered "billing"."""
    return Interaction(
        schema=VERSION,
        workflow=workflow,
        request_id=f"{workflow}-{n}",
        occurred_at=START + timedelta(seconds=n),
        request=Request(
            messages=[{"role": "user", "content": f"Ticket {n}: my invoice is wrong, mail user{n}@example.org"}],
            params={"temperature": 0.0, "max_tokens": 8},
        ),
        response=Completion(text="billing", finish_reason="stop", model="large-1", latency_ms=900.0),
        ground_truth="billing",
    )


def write_jsonl(path: Path, values: Iterable[bytes]) -> Path:
    path.write_bytes(b"".join(value + b"\n" for value in values))
    return path


def values(count: int, workflow: str = "triage") -> list[bytes]:
    return [encode(interaction(n, workflow)) for n in range(count)]
