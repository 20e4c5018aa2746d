"""Rows that wait to be appended, table by table, and the records they settle."""

import math
import threading
import time
from collections.abc import Collection
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


class Outbox:
    """Finished records, not yet stored. `flush` may run in another thread while `put` goes on in this one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: list[tuple[Origin, tuple[Row, ...]]] = []
        self._oldest = 0.0
        self._lock = threading.Lock()

    @property
    def records(self) -> int:
        return len(self._entries)

    def put(self, origin: Origin, *rows: Row) -> None:
        """Add what became of one record; all its rows go to one table, so they are stored together."""
        with self._lock:
            if not self._entries:
                self._oldest = time.monotonic()
            self._entries.append((origin, rows))

    def drop(self, partitions: Collection[Partition]) -> None:
        """Forget what belongs to partitions that are somebody else's now."""
        with self._lock:
            self._entries = [entry for entry in self._entries if entry[0].place not in partitions]

    def is_due(self, records: int, seconds: float) -> bool:
        """True when so many records wait, or the oldest waits so long."""
        return len(self._entries) >= records or (bool(self._entries) and time.monotonic() - self._oldest >= seconds)

    def flush(self, until_s: float = math.inf) -> list[Origin]:
        """Append what waits and return the records that are stored now.

        Raises RetryLater when the store does not answer, or the monotonic time `until_s` is past before the rows are on
        their way, as in a process that was stopped; then the records not yet stored still wait.
        """
        with self._lock:
            taken = list(self._entries)
            self._oldest = time.monotonic()
        for table, kind in (("pairs", Pair), ("skipped", Skipped), ("rejected", Rejected)):
            entries = [entry for entry in taken if isinstance(entry[1][0], kind)]
            if entries:
                frame = _frame(table, [row for _, rows in entries for row in rows])
                if time.monotonic() > until_s:
                    raise RetryLater("this process stood still, and the records may be another's by now")
                self._store.append(table, frame)
                stored = {entry[0] for entry in entries}
                with self._lock:
                    self._entries = [entry for entry in self._entries if entry[0] not in stored]
        return [origin for origin, _ in taken]


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
