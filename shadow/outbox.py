"""Rows that wait to be appended, table by table, and the records they settle."""

import math
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

import msgspec
import polars as pl

from connectors.errors import RetryLater
from connectors.types import Origin, Partition
from shadow.intake import Rejected, Skipped
from shadow.pairs import to_frame
from shadow.store import Store
from shadow.types import Pair

Row = Pair | Skipped | Rejected


Entry = tuple[Origin, tuple[Row, ...]]
_TABLES: Mapping[type, str] = {Pair: "pairs", Skipped: "skipped", Rejected: "rejected"}


class Outbox:
    """Finished records, not yet stored. `flush` may run in another thread while `put` goes on in this one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: dict[str, list[Entry]] = {table: [] for table in _TABLES.values()}
        self._untold: list[Origin] = []
        self._oldest = 0.0
        self._lock = threading.Lock()

    @property
    def records(self) -> int:
        return sum(map(len, self._entries.values()))

    def put(self, entries: Iterable[Entry]) -> None:
        """Add what became of records: the rows of each go to one table, so they are stored together."""
        with self._lock:
            if not self.records:
                self._oldest = time.monotonic()
            for entry in entries:
                self._entries[_TABLES[type(entry[1][0])]].append(entry)

    def drop(self, partitions: Collection[Partition]) -> None:
        """Forget what belongs to partitions that are somebody else's now; not while `flush` runs."""
        with self._lock:
            for table, entries in self._entries.items():
                self._entries[table] = [entry for entry in entries if entry[0].place not in partitions]
            self._untold = [origin for origin in self._untold if origin.place not in partitions]

    def is_due(self, records: int, seconds: float) -> bool:
        """True when so many records wait, or the oldest waits so long."""
        waiting = self.records
        return waiting >= records or (waiting > 0 and time.monotonic() - self._oldest >= seconds)

    def flush(self, until_s: float = math.inf) -> list[Origin]:
        """Append what waits and return the records stored since the last flush that returned.

        Raises RetryLater when the store does not answer, or the monotonic time `until_s` is past before the rows are on
        their way, as in a process that was stopped; then the records not yet stored still wait.
        """
        with self._lock:
            taken = {table: list(entries) for table, entries in self._entries.items() if entries}
            self._oldest = time.monotonic()
        for table, entries in taken.items():
            frame = _frame(table, [row for _, rows in entries for row in rows])
            if time.monotonic() > until_s:
                raise RetryLater("this process stood still, and the records may be another's by now")
            self._store.append(table, frame)
            with self._lock:
                del self._entries[table][: len(entries)]
                self._untold += [origin for origin, _ in entries]
        with self._lock:
            told, self._untold = self._untold, []
        return told


def _frame(table: str, rows: list[Row]) -> pl.DataFrame:
    if table == "pairs":
        # Stamped here, so that no pair appears in the store long after the time it carries.
        stored_at = pl.lit(datetime.now(UTC)).cast(pl.Datetime("us", "UTC"))
        return to_frame([row for row in rows if isinstance(row, Pair)]).with_columns(mirrored_at=stored_at)
    records = [msgspec.structs.asdict(row) for row in rows]
    origins = [msgspec.structs.asdict(record.pop("origin")) for record in records]
    times = {name: pl.Datetime("us", "UTC") for name in records[0] if name.endswith("_at")}
    return pl.DataFrame(
        [origin | record for origin, record in zip(origins, records, strict=True)],
        schema_overrides=times | {"size_bytes": pl.Int64} if table == "rejected" else times,
        infer_schema_length=None,
    )
