"""Ways to the data: a connection that owns it, or one that speaks to a process that does."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import duckdb
import polars as pl

from shadow.literals import inline, literal
from shadow.migrations import Migration


class Link(Protocol):
    """One way to the data, usable from many threads."""

    def select(self, sql: str) -> pl.DataFrame: ...

    def insert(self, table: str, frame: pl.DataFrame) -> None:
        """Store the rows of a frame in one transaction."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class DirectLink:
    """A connection of this process to the data itself: a file, or a lake attached as `catalog`."""

    connection: duckdb.DuckDBPyConnection = field(repr=False)
    catalog: str = ""

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

    def insert(self, table: str, frame: pl.DataFrame) -> None:
        with self.cursor() as cursor:
            cursor.register("batch", frame)
            cursor.execute(f'INSERT INTO "{table}" BY NAME SELECT * FROM batch')  # noqa: S608

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


@dataclass(frozen=True)
class QuackLink:
    """A connection to the process that owns a file. It may only INSERT and SELECT."""

    connection: duckdb.DuckDBPyConnection = field(repr=False)
    uri: str
    token: str = field(repr=False)

    def select(self, sql: str) -> pl.DataFrame:
        with contextlib.closing(self.connection.cursor()) as cursor:
            remote = f"FROM quack_query({literal(self.uri)}, {literal(sql)}, token={literal(self.token)})"
            return cursor.sql(remote).pl()

    def insert(self, table: str, frame: pl.DataFrame) -> None:
        statement = f'INSERT INTO remote."{table}" BY NAME SELECT * FROM batch'  # noqa: S608
        with contextlib.closing(self.connection.cursor()) as cursor:
            cursor.register("batch", frame.rechunk())  # one chunk, one message
            try:
                cursor.execute(statement)
            except (duckdb.CatalogException, duckdb.BinderException):
                cursor.execute("CALL quack_clear_cache()")  # the owner may have migrated since
                cursor.execute(statement)

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
