"""Rows that wait to be appended, table by table, and the records they settle."""

import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
import polars as pl

from connectors.types import Origin, Partition
from shadow.intake import Rejected, Skipped
from shadow.pairs import to_frame
from shadow.store import Store
from shadow.types import Pair

Row = Pair | Skipped | Rejected
Entry = tuple[Origin, tuple[Row, ...]]
_TABLES: Mapping[type, str] = {Pair: "pairs", Skipped: "skipped", Rejected: "rejected"}


class _Waiting(NamedTuple):
    """Records and their rows: objects of one record, or a frame of many."""

    origins: Sequence[Origin]
    rows: tuple[Row, ...] | pl.DataFrame


class Outbox:
    """Finished records, not yet stored. `flush` may run in another thread while `put` goes on in this one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, list[_Waiting]] = {table: [] for table in _TABLES.values()}
        self._untold: list[Origin] = []
        self._oldest = 0.0
        self._lock = threading.Lock()
        self.claims: dict[Partition, int] = {}
        """What the rows are appended under; none for rows that nobody else can have."""
        self.records = 0
        """How many records wait."""

    def put(self, entries: Iterable[Entry]) -> None:
        """Add what became of records: the rows of each go to one table, so they are stored together."""
        with self._lock:
            for origin, rows in entries:
                self._add(_TABLES[type(rows[0])], _Waiting((origin,), rows))

    def put_pairs(self, origins: Sequence[Origin], pairs: pl.DataFrame) -> None:
        """Add the pairs of many records, as rows of the `pairs` table."""
        with self._lock:
            self._add("pairs", _Waiting(origins, pairs))

    def drop(self, partitions: Collection[Partition]) -> None:
        """Forget what belongs to partitions that are somebody else's now, claims included; not while `flush` runs."""
        with self._lock:
            for table, waiting in self._waiting.items():
                self._waiting[table] = [kept for each in waiting if (kept := _without(each, partitions)).origins]
            self.records = sum(len(each.origins) for waiting in self._waiting.values() for each in waiting)
            self._untold = [origin for origin in self._untold if origin.place not in partitions]
            for place in partitions:
                self.claims.pop(place, None)

    def is_due(self, records: int, seconds: float) -> bool:
        """True when so many records wait, or the oldest waits so long."""
        waiting = self.records
        return waiting >= records or (waiting > 0 and time.monotonic() - self._oldest >= seconds)

    def flush(self) -> list[Origin]:
        """Append what waits and return the records stored since the last flush that returned.

        Raises RetryLater when the store does not answer, and Fenced when a partition is somebody else's; then the
        records not yet stored still wait.
        """
        with self._lock:
            claims = dict(self.claims)
            due = {table: list(waiting) for table, waiting in self._waiting.items() if waiting}
            self._oldest = time.monotonic()
        for table, waiting in due.items():
            self._store.append(table, _frame(table, waiting), claims)
            with self._lock:
                del self._waiting[table][: len(waiting)]
                stored = [origin for each in waiting for origin in each.origins]
                self.records -= len(stored)
                self._untold += stored
        with self._lock:
            told, self._untold = self._untold, []
        return told

    def _add(self, table: str, waiting: _Waiting) -> None:
        if not self.records:
            self._oldest = time.monotonic()
        self._waiting[table].append(waiting)
        self.records += len(waiting.origins)


def _without(waiting: _Waiting, partitions: Collection[Partition]) -> _Waiting:
    origins = [origin for origin in waiting.origins if origin.place not in partitions]
    if not isinstance(waiting.rows, pl.DataFrame) or len(origins) == len(waiting.origins):
        return _Waiting(origins, waiting.rows)
    theirs = pl.DataFrame(list(partitions), schema={"topic": pl.String, "partition": pl.Int32}, orient="row")
    return _Waiting(origins, waiting.rows.join(theirs, on=["topic", "partition"], how="anti"))


def _frame(table: str, waiting: Sequence[_Waiting]) -> pl.DataFrame:
    rows = [row for each in waiting if not isinstance(each.rows, pl.DataFrame) for row in each.rows]
    if table == "pairs":
        frames = [each.rows for each in waiting if isinstance(each.rows, pl.DataFrame)]
        pairs = pl.concat([*frames, to_frame([row for row in rows if isinstance(row, Pair)])])
        # Stamped here, so that no pair appears in the store long after the time it carries.
        return pairs.with_columns(mirrored_at=pl.lit(datetime.now(UTC)).cast(pl.Datetime("us", "UTC")))
    records = [msgspec.structs.asdict(row) for row in rows]
    origins = [msgspec.structs.asdict(record.pop("origin")) for record in records]
    times = {name: pl.Datetime("us", "UTC") for name in records[0] if name.endswith("_at")}
    return pl.DataFrame(
        [origin | record for origin, record in zip(origins, records, strict=True)],
        schema_overrides=times | {"size_bytes": pl.Int64} if table == "rejected" else times,
        infer_schema_length=None,
    )
