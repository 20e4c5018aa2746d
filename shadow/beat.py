"""Heartbeats: what a long-running part says of itself, so that silence is visible."""

import os
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from shadow.store import Store

BEAT_S = 5.0
REMEMBERED = timedelta(days=1)
_SCHEMA: dict[str, Any] = {
    "component": pl.String,
    "instance": pl.String,
    "beat_at": pl.Datetime("us", "UTC"),
    "state": pl.String,
    "lag": pl.Int64,
    "in_flight": pl.Int64,
    "oldest_in_flight_s": pl.Float64,
    "detail": pl.String,
    "oldest_waiting_s": pl.Float64,
}
# Of each process what it said last, as far back as anybody wants to know; of a component that is silent for longer its
# very last word.
_NEWEST = """
SELECT component, instance, beat_at, state, lag, in_flight, oldest_in_flight_s, detail, oldest_waiting_s
FROM heartbeats JOIN (SELECT component, max(beat_at) AS last FROM heartbeats GROUP BY component) USING (component)
WHERE beat_at >= least(last, $since)
QUALIFY row_number() OVER (PARTITION BY component, instance ORDER BY beat_at DESC) = 1
ORDER BY beat_at DESC
"""


def beat(
    store: Store,
    component: str,
    state: str,
    *,
    lag: int | None = None,
    in_flight: int | None = None,
    oldest_in_flight_s: float | None = None,
    detail: str = "",
    oldest_waiting_s: float | None = None,
) -> None:
    """Append one heartbeat of this process. Raises RetryLater when the store does not answer."""
    instance = f"{socket.gethostname()}:{os.getpid()}"
    row = (component, instance, datetime.now(UTC), state, lag, in_flight, oldest_in_flight_s, detail, oldest_waiting_s)
    store.append("heartbeats", pl.DataFrame([row], schema=_SCHEMA, orient="row"))


def newest_beats(store: Store, now: datetime) -> pl.DataFrame:
    """The newest heartbeat of each process of the last day, and the last one of a component that is silent for longer.

    Columns component, instance, beat_at, state, lag, in_flight, oldest_in_flight_s, detail, oldest_waiting_s; the
    newest first.
    """
    return store.read(_NEWEST, {"since": now - REMEMBERED})
