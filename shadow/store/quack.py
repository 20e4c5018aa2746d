"""DuckDB's Quack protocol: serve a file at an address, and attach to one that is served."""

from dataclasses import dataclass, field

import duckdb

from connectors.errors import UserError
from shadow.literals import literal
from shadow.store.extensions import prepare
from shadow.store.links import QuackLink


@dataclass(frozen=True)
class Address:
    """Where a store is served, as quack:HOST:PORT, and to those who know which token."""

    uri: str
    token: str = field(repr=False)


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
    link = QuackLink(duckdb.connect(":memory:"), address.uri, address.token)
    try:
        prepare(link.connection, "httpfs", "quack")
        link.connection.execute(f"ATTACH {literal(link.uri)} AS remote (TOKEN {literal(link.token)})")
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
