"""Ways to the data: a connection that owns it, or one that speaks to a process that does."""

import contextlib
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import duckdb
import polars as pl

from connectors.types import Partition
from shadow.fencing import Claims
from shadow.literals import inline, literal
from shadow.migrations import Migration
from shadow.store import claiming


class Link(Protocol):
    """One way to the data, usable from many threads."""

    def select(self, sql: str) -> pl.DataFrame: ...

    def insert(self, table: str, frame: pl.DataFrame, claims: Claims, again: bool = False) -> None:
        """Store the rows of a frame in one transaction. Raises Fenced when a claim is not the newest.

        `again`: an earlier try lost its answer, so rows that are there are left as they are, whatever the claims.
        """

    def claim(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """Make a claim on each partition."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class DirectLink:
    """A connection of this process to the data itself: a file, or a lake attached as `catalog`."""

    connection: duckdb.DuckDBPyConnection = field(repr=False)
    catalog: str = ""
    fence: threading.Lock = field(default_factory=threading.Lock, repr=False)
    unclaimed: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextlib.contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one call: a connection that threads share hands out each other's rows."""
        cursor = self.connection.cursor()
        try:
            if self.catalog:
                cursor.execute(f"USE {self.catalog}")
            yield cursor
        finally:
            cursor.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor whose statements are kept together, or not at all."""
        with self.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(duckdb.Error):  # a failed COMMIT has ended it already
                    cursor.execute("ROLLBACK")
                raise

    def select(self, sql: str) -> pl.DataFrame:
        with self.cursor() as cursor:
            return cursor.sql(sql).pl()

    def insert(self, table: str, frame: pl.DataFrame, claims: Claims, again: bool = False) -> None:
        # A file has this one process, so its lock parts appends from claims. On a lake the claim's COMMENT does.
        # Both locks make a second try wait for a first one that is still under way, although its caller was cut off.
        with self.fence if claims else self.unclaimed, self.transaction() as cursor:
            if again and cursor.execute(stored(table, frame)).fetchall():
                return
            if claims:
                claiming.check(cursor, claims)
            cursor.register("batch", frame)
            cursor.execute(f'INSERT INTO "{table}" BY NAME SELECT * FROM batch')  # noqa: S608

    def claim(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        with self.fence, self.transaction() as cursor:
            if self.catalog:
                for table in claiming.FENCED:  # a table that was altered meanwhile takes no rows at a COMMIT
                    cursor.execute(f"COMMENT ON TABLE {table} IS 'rows of claimed partitions'")
            return claiming.make(cursor, partitions)

    def apply(self, package: str, file: Migration) -> None:
        """One migration and its record, both or neither."""
        with self.transaction() as cursor:
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS migrations (package VARCHAR NOT NULL, number INTEGER NOT NULL,"
                " name VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, applied_at TIMESTAMPTZ NOT NULL)"
            )
            cursor.execute(file.sql)
            record = [package, file.number, file.name, file.sha256, datetime.now(UTC)]
            cursor.execute("INSERT INTO migrations VALUES (?, ?, ?, ?, ?)", record)

    def change(self, statements: Sequence[str], params: Mapping[str, Any]) -> list[int]:
        """The rows that each INSERT or DELETE touched, all of them in one transaction."""
        with self.transaction() as cursor:
            return [int(cursor.execute(inline(each, params)).fetchall()[0][0]) for each in statements]

    def close(self) -> None:
        self.connection.close()


def applied(link: Link, package: str) -> dict[int, str]:
    """Number and SHA-256 of the migrations of a package that the store has seen."""
    if link.select(
        "SELECT 1 AS found FROM duckdb_tables() WHERE table_name = 'migrations' AND database_name = current_database()"
    ).is_empty():
        return {}
    seen = link.select(f"SELECT number, sha256 FROM migrations WHERE package = {literal(package)}")  # noqa: S608
    return dict(seen.iter_rows())


def stored(table: str, rows: pl.DataFrame) -> str:
    """SQL that finds the first of some rows; all that went with it are stored as well: they were one transaction."""
    same = " AND ".join(
        f'"{name}" IS NOT DISTINCT FROM {literal(value)}' for name, value in zip(rows.columns, rows.row(0), strict=True)
    )
    return f'SELECT 1 AS found FROM "{table}" WHERE {same} LIMIT 1'  # noqa: S608
