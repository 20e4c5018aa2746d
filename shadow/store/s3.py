"""Parquet files of a lake on S3, or on anything that speaks its protocol (MinIO, Ceph, R2)."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

import duckdb

from connectors.errors import UserError
from shadow.literals import literal
from shadow.store.links import DirectLink

SCHEME = "s3://"
TIMEOUT_S = 15
"""How long one request may stay without an answer; DuckDB waits 30 s, four times over."""


@dataclass(frozen=True)
class S3:
    """How a bucket is reached. Without `endpoint` it is AWS's own; a path-style endpoint needs no name service."""

    key_id: str
    secret: str = field(repr=False)
    region: str = "us-east-1"
    endpoint: str | None = None
    session_token: str | None = field(default=None, repr=False)


def allow(connection: duckdb.DuckDBPyConnection, data_path: str, s3: S3) -> None:
    """Let a connection use the keys for this place and no other; nothing is written to disk."""
    options: dict[str, str | bool] = {
        "KEY_ID": s3.key_id,
        "SECRET": s3.secret,
        "REGION": s3.region,
        "SCOPE": data_path,
        **({"SESSION_TOKEN": s3.session_token} if s3.session_token else {}),
    }
    if s3.endpoint:
        place = urlsplit(s3.endpoint)
        options |= {"ENDPOINT": place.netloc, "URL_STYLE": "path", "USE_SSL": place.scheme == "https"}
    listed = ", ".join(f"{name} {literal(value)}" for name, value in options.items())
    connection.execute(f"SET GLOBAL http_timeout = {TIMEOUT_S}")
    connection.execute("SET GLOBAL http_retries = 1")
    connection.execute(f"CREATE OR REPLACE SECRET lake (TYPE s3, {listed})")


def look(connection: duckdb.DuckDBPyConnection, data_path: str) -> None:
    """Ask the bucket for nothing in particular, so that wrong keys are told at the start and not by a lost append.

    Raises UserError for what the bucket refuses, duckdb.Error while it does not answer.
    """
    try:
        with DirectLink(connection).cursor() as cursor:
            cursor.execute("SELECT count(*) FROM glob(?)", [f"{data_path}nothing-of-this-name*"])
    except duckdb.HTTPException as error:
        status = getattr(error, "status_code", 0)
        if 400 <= status < 500:
            raise UserError(
                f"store.data_path: {data_path} cannot be used (HTTP {status}); check the bucket's name and region, and "
                "the keys in [store.s3]."
            ) from None
        raise
