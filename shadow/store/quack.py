"""DuckDB's Quack protocol: serve a file at an address, and attach to one that is served."""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass, field

import duckdb
import polars as pl

from connectors.errors import UserError
from connectors.types import Partition
from shadow.fencing import Claims, Fenced
from shadow.literals import literal
from shadow.store import procedures
from shadow.store.extensions import prepare


@dataclass(frozen=True)
class Address:
    """Where a store is served, as quack:HOST:PORT, and to those who know which token."""

    uri: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class QuackLink:
    """A way to the process that owns a file: it reads there, and has its procedures store rows."""

    connection: duckdb.DuckDBPyConnection = field(repr=False)
    address: Address

    def select(self, sql: str) -> pl.DataFrame:
        text, token = literal(sql), literal(self.address.token)
        with contextlib.closing(self.connection.cursor()) as cursor:
            # `execute` and not `sql`, which has the owner run the query once for its columns and once for its rows.
            return cursor.execute(f"FROM quack_query({literal(self.address.uri)}, {text}, token={token})").pl()

    def insert(self, table: str, frame: pl.DataFrame, claims: Claims, again: bool = False) -> None:
        if lost := procedures.refused(self._call(procedures.append_call(table, frame, claims, again))):
            raise Fenced(lost)

    def claim(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        return procedures.claimed(self._call(procedures.claim_call(partitions)))

    def _call(self, sql: str) -> str:
        """The answer of a procedure, over the one session that is open: 4 ms, and 9 ms with a session of its own.

        Calls wait for each other on it, which is why queries have sessions of their own.
        """
        with contextlib.closing(self.connection.cursor()) as cursor:
            return str(cursor.execute(f"FROM quack_query_by_name('owner', {literal(sql)})").fetchall()[0][0])

    def close(self) -> None:
        self.connection.close()


def serve(connection: duckdb.DuckDBPyConnection, address: Address) -> None:
    """Serve a connection's data. Without TLS: that is a reverse proxy's work. Raises UserError for a taken address."""
    try:
        connection.execute(
            f"CALL quack_serve({literal(address.uri)}, token={literal(address.token)}, allow_other_hostname=true)"
        )
    except duckdb.Error as error:
        raise UserError(f"store.serve: {address.uri.removeprefix('quack:')} cannot be served: {error}") from None


def attach(address: Address) -> QuackLink:
    """A link to what is served: plain on the loopback, over TLS to any other host. Raises duckdb.Error."""
    link = QuackLink(duckdb.connect(":memory:"), address)
    try:
        prepare(link.connection, "httpfs", "quack")
        link.connection.execute(f"ATTACH {literal(address.uri)} AS owner (TOKEN {literal(address.token)})")
    except BaseException:
        link.close()
        raise
    return link


def is_lost(error: duckdb.Error) -> bool:
    """True when nobody answers at the owner's address, or somebody who is not that owner."""
    strangers = ("Authentication failed", "Invalid connection id")
    return isinstance(
        error, duckdb.IOException | duckdb.HTTPException | duckdb.ConnectionException | duckdb.SerializationException
    ) or any(word in str(error) for word in strangers)
