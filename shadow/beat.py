"""Heartbeats: what a long-running part says of itself, so that silence is visible."""

import os
import socket
from datetime import UTC, datetime
from typing import Any

import polars as pl

from shadow.store import Store

BEAT_S = 5.0
_SCHEMA: dict[str, Any] = {
    "component": pl.String,
    "instance": pl.String,
    "beat_at": pl.Datetime("us", "UTC"),
    "state": pl.String,
    "lag": pl.Int64,
    "in_flight": pl.Int64,
    "oldest_in_flight_s": pl.Float64,
    "detail": pl.String,
}


def beat(
    store: Store,
    component: str,
    state: str,
    *,
    lag: int | None = None,
    in_flight: int | None = None,
    oldest_in_flight_s: float | None = None,
    detail: str = "",
) -> None:
    """Append one heartbeat of this process. Raises RetryLater when the store does not answer."""
    instance = f"{socket.gethostname()}:{os.getpid()}"
    row = (component, instance, datetime.now(UTC), state, lag, in_flight, oldest_in_flight_s, detail)
    store.append("heartbeats", pl.DataFrame([row], schema=_SCHEMA, orient="row"))
