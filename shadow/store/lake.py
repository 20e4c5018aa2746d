"""`ducklake:postgres:...`: a lake for many machines; PostgreSQL holds the catalog, a folder or S3 the Parquet files.

Every process is an equal: none owns, and DuckLake orders their transactions by the catalog. It has no keys, so rows are
stored once because an append whose answer was lost looks for its rows before it repeats them.
"""

import re
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb
import polars as pl

from connectors.errors import RetryLater, UserError
from connectors.types import Partition
from shadow.fencing import NONE, Claims
from shadow.literals import inline, literal
from shadow.migrations import migrations, pending
from shadow.store import reaching
from shadow.store.appending import Appending
from shadow.store.extensions import prepare
from shadow.store.links import DirectLink, applied
from shadow.store.s3 import S3, allow, look
from shadow.store.shown import shown

# Taken by whoever makes the catalog or applies a migration, and let go with the transaction that took it.
_LOCK = "FROM postgres_query('catalog', 'SELECT pg_advisory_xact_lock(7223061958)::text')"
_FINAL = re.compile(r"does not exist|authentication failed|no password supplied|DATA_PATH parameter|permission denied")
_COMPACT = {
    "moved out of the catalog": "ducklake_flush_inlined_data('lake')",
    "rewritten without deleted rows": "ducklake_rewrite_data_files('lake', delete_threshold => 0)",
    "merged": "ducklake_merge_adjacent_files('lake')",
    "snapshots forgotten": "ducklake_expire_snapshots('lake', older_than => now())",
    "files removed": "ducklake_cleanup_old_files('lake', cleanup_all => true)",
    # Left behind by writers that died; a day old, so that none belongs to a writer at work.
    "stray files removed": "ducklake_delete_orphaned_files('lake', older_than => now() - INTERVAL 1 DAY)",
}


class DuckLake:
    """A lake: `catalog` is a libpq connection string or URI; `data` the folder that all its processes see, or s3://...

    `s3` holds the keys of that bucket.
    """

    def __init__(self, catalog: str, data: str, s3: S3 | None = None) -> None:
        self._catalog, self._s3 = catalog, s3
        self._data = f"{data.rstrip('/')}/"
        self._why = ""
        self._name = shown(f"ducklake:postgres:{catalog}")
        self._reach: reaching.Reach[DirectLink] = reaching.Reach(
            self._name, self._connect, _passes, self._told, keeps=_is_conflict
        )
        self._appending = Appending(self._reach)
        try:
            self._reach.live(time.monotonic() + reaching.TAKEOVER_S)
        except RetryLater:
            raise UserError(f"store.url: {self._name} does not answer: {self._why}") from None

    def append(self, table: str, frame: pl.DataFrame, claims: Claims = NONE) -> int:
        return self._appending.append(table, frame, claims)

    def claim(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        return self._reach.run(lambda link: link.claim(partitions))

    def read(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        text = inline(sql, params or {})
        return self._reach.run(lambda link: link.select(text))

    def migrate(self, package: str) -> None:
        files = migrations(package)

        def work(link: DirectLink) -> None:
            if not pending(files, applied(link, package), self._name):
                return
            with DirectLink(link.connection).transaction() as catalog:
                catalog.execute(_LOCK)
                for file in pending(files, applied(link, package), self._name):
                    link.apply(package, file)

        self._reach.run(work)

    def change(self, statements: Sequence[str], params: Mapping[str, Any]) -> list[int]:
        return self._reach.run(lambda link: link.change(statements, params))

    def compact(self) -> str:
        done = [f"{self._count(call):,} {what}" for what, call in _COMPACT.items()]
        return f"{self._name}: {', '.join(done)}"

    def close(self) -> None:
        link = self._reach.close()
        if link is not None:
            link.close()

    def _count(self, call: str) -> int:
        return int(self.read(f"SELECT count(*) AS n FROM {call}").item())  # noqa: S608

    def _connect(self) -> DirectLink | None:
        connection = duckdb.connect(":memory:")
        try:
            prepare(connection, "httpfs", "postgres_scanner", "ducklake")
            if self._s3:
                allow(connection, self._data, self._s3)
                look(connection, self._data)
            connection.execute(f"ATTACH {literal(self._catalog)} AS catalog (TYPE postgres, READ_ONLY)")
            with DirectLink(connection).transaction() as lock:
                lock.execute(_LOCK)
                place = literal(f"ducklake:postgres:{self._catalog}")
                connection.execute(f"ATTACH {place} AS lake (DATA_PATH {literal(self._data)})")
        except duckdb.Error as error:
            connection.close()
            self._why = self._told(error)
            if _FINAL.search(self._why):
                raise UserError(f"store.url: {self._name} cannot be used: {self._why}") from None
            return None
        except BaseException:
            connection.close()
            raise
        return DirectLink(connection, "lake")

    def _told(self, error: object) -> str:
        return shown(str(error).replace(self._catalog, "..."))


def _passes(_: DirectLink, error: duckdb.Error) -> bool:
    """True for a lost catalog, a file that a compaction took away, and a conflict with another process."""
    return isinstance(error, duckdb.IOException | duckdb.ConnectionException | duckdb.TransactionException) or any(
        word in str(error) for word in ("server closed the connection", "terminating connection", "Failed to commit")
    )


def _is_conflict(error: duckdb.Error) -> bool:
    """True when another process was first: the transaction is to be made again, on the connection that there is."""
    return isinstance(error, duckdb.TransactionException) and "Transaction conflict" in str(error)
