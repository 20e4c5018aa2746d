"""From a URL to the store behind it."""

import ipaddress
import re
from pathlib import Path

import structlog

from connectors.errors import UserError
from shadow.store.file import DuckDBFile
from shadow.store.lake import DuckLake
from shadow.store.protocol import Store
from shadow.store.quack import Address
from shadow.store.remote import QuackClient
from shadow.store.s3 import S3, SCHEME
from shadow.store.shown import shown

log = structlog.get_logger()
SHORTEST_TOKEN = 16
_HOST_PORT = re.compile(r"([\w.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})")


def open_store(
    url: str,
    *,
    serve: str | None = None,
    token: str | None = None,
    data_path: str | None = None,
    s3: S3 | None = None,
) -> Store:
    """The store at a URL.

    `serve` (HOST:PORT) and `token` let the owner of a file serve it to other machines, and `token` lets these in;
    `data_path` is the folder of a lake, or s3://BUCKET/PREFIX with the keys in `s3`. Raises UserError for an unknown
    scheme, for what cannot be used, and for one of these that the URL has no use for.
    """
    scheme, _, place = url.partition(":")
    if serve and scheme != "duckdb":
        raise UserError("store.serve: only the owner of a file (duckdb:PATH) serves it; remove the key.")
    if data_path and scheme != "ducklake":
        raise UserError("store.data_path: only a lake (ducklake:postgres:...) has one; remove the key.")
    if s3 and not (data_path or "").startswith(SCHEME):
        raise UserError('store.s3: only a lake with data_path = "s3://BUCKET/PREFIX" has one; remove the table.')
    if scheme == "duckdb" and place:
        return DuckDBFile(Path(place).expanduser(), _served_at(serve, token) if serve else None)
    if scheme == "quack" and _HOST_PORT.fullmatch(place):
        return QuackClient(Address(url, _checked(token)))
    if url.startswith("ducklake:postgres:"):
        return DuckLake(url.removeprefix("ducklake:postgres:"), _place(data_path, s3), s3)
    raise UserError(
        f"store.url: {shown(url)!r} is not a store; write duckdb:PATH, for example duckdb:shadowjudge.duckdb, "
        "or quack:HOST:PORT, or ducklake:postgres:CONNECTION."
    )


def _place(data_path: str | None, s3: S3 | None) -> str:
    """Where the Parquet files of a lake lie: a folder by its full name, or a place on S3."""
    if not data_path or ("://" in data_path and not data_path.startswith(SCHEME)):
        raise UserError(
            "store.data_path: a lake needs a folder that all its processes see, or s3://BUCKET/PREFIX; name one."
        )
    if not data_path.startswith(SCHEME):
        return str(Path(data_path).expanduser().resolve())
    if s3 is None:
        raise UserError("store.s3: a lake on S3 needs its keys; add a [store.s3] table with key_id and secret.")
    return data_path


def _served_at(serve: str, token: str | None) -> Address:
    found = _HOST_PORT.fullmatch(serve)
    if not found:
        raise UserError(f"store.serve: {serve!r} is not HOST:PORT; write for example 127.0.0.1:9494.")
    if not _is_loopback(found[1].strip("[]")):
        log.warning("store_served_without_tls", address=serve, advice="put a reverse proxy with TLS in front of it")
    return Address(f"quack:{serve}", _checked(token))


def _checked(token: str | None) -> str:
    if not token or len(token) < SHORTEST_TOKEN:
        raise UserError(
            f"store.token: a store that is served needs a token of at least {SHORTEST_TOKEN} characters; "
            'write "env:NAME".'
        )
    return token


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
