"""How the bounds moved: readiness read every few minutes, kept where a state has changed or an hour has passed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from judge.board import SETTLING, board
from judge.outcomes import Phase
from judge.readiness.assess import Readiness
from shadow.config import Config
from shadow.store import Store

READ_EVERY = timedelta(minutes=5)
KEEP_EVERY = timedelta(hours=1)
"""So a candidate of five such lines leaves 120 rows a day and phase."""
PHASES = (Phase.LIMITED, Phase.EXPAND)
_COLUMNS: dict[str, Any] = {
    "workflow": pl.String, "fingerprint": pl.String, "phase": pl.String, "line": pl.String, "value": pl.Float64,
    "lower": pl.Float64, "upper": pl.Float64, "budget": pl.Float64, "state": pl.String, "phase_state": pl.String,
    "read_at": pl.Datetime("us", "UTC"),
}  # fmt: skip
_LAST = """
SELECT workflow, fingerprint, phase, max(read_at) AS read_at, arg_max(phase_state, read_at) AS phase_state,
    list(line || ':' || state ORDER BY line) FILTER (read_at = newest) AS states
FROM (
    SELECT *, max(read_at) OVER (PARTITION BY workflow, fingerprint, phase) AS newest FROM readings
    WHERE read_at >= $since
)
GROUP BY ALL
"""
_TREND = """
SELECT DISTINCT line, value, lower, upper, budget, state, read_at FROM readings
WHERE workflow = $workflow AND fingerprint = $fingerprint AND phase = $phase AND read_at >= $since
ORDER BY read_at, line
"""


class Readings:
    """Reads the board again and again. Use it in one thread at a time."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store, self._config = store, config
        self._read_at: datetime | None = None

    def take_due(self, now: datetime) -> int:
        """Read the board when that is due at `now`; returns how many rows were kept."""
        if self._read_at is not None and now - self._read_at < READ_EVERY:
            return 0
        self._read_at = now
        return take(self._store, self._config, now)


def take(store: Store, config: Config, now: datetime) -> int:
    """Read the board a moment before `now`, and keep the phases of which nothing is kept that still says so."""
    last = {row[:3]: row[3:] for row in store.read(_LAST, {"since": now - KEEP_EVERY}).iter_rows()}
    rows: list[tuple[Any, ...]] = []
    for seen in board(store, config, now - SETTLING):
        if seen.phase in PHASES and seen.evidence.captured:
            kept = last.get((seen.workflow, seen.fingerprint, str(seen.phase)))
            if kept is None or kept[1:] != _states(seen):
                rows += _rows(seen)
    return store.append("readings", pl.DataFrame(rows, schema=_COLUMNS, orient="row")) if rows else 0


def trend(store: Store, seen: Readiness, days: int = 90) -> pl.DataFrame:
    """How the lines of a phase moved in the days before it was read, and how they are now.

    Columns line, value, lower, upper, budget (rates, 0..1), state and read_at (UTC), the oldest first.
    """
    params = {
        "workflow": seen.workflow,
        "fingerprint": seen.fingerprint,
        "phase": str(seen.phase),
        "since": seen.as_of - timedelta(days=days),
    }
    now = pl.DataFrame(_rows(seen), schema=_COLUMNS, orient="row")
    kept = store.read(_TREND, params)
    return pl.concat([kept, now.select(kept.columns)])


def _rows(seen: Readiness) -> Sequence[tuple[Any, ...]]:
    return [
        (
            seen.workflow, seen.fingerprint, str(seen.phase), line.name, line.value, line.lower, line.upper,
            line.budget, str(line.state), str(seen.state), seen.as_of,
        )
        for line in seen.lines
        if line.unit == "rate" and line.budget is not None
    ]  # fmt: skip


def _states(seen: Readiness) -> tuple[str, list[str]]:
    return str(seen.state), sorted(f"{row[3]}:{row[8]}" for row in _rows(seen))
