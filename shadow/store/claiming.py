"""Claims on partitions in the store, each step within a transaction that the caller holds."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import duckdb
import polars as pl

from connectors.types import Partition
from shadow.fencing import Claims, Fenced, superseded

FENCED = ("pairs", "skipped", "rejected")
"""The tables whose rows belong to a partition that is claimed."""
_SCHEMA: dict[str, Any] = {
    "topic": pl.String,
    "partition": pl.Int32,
    "claim": pl.Int64,
    "claimed_at": pl.Datetime("us", "UTC"),
}
_NEWEST = """
SELECT topic, "partition", max(claim) FROM partition_claims WHERE list_contains(?, topic) GROUP BY ALL
"""


def make(cursor: duckdb.DuckDBPyConnection, partitions: Iterable[Partition]) -> dict[Partition, int]:
    """Claim partitions; returns the number of each claim."""
    newest = _newest(cursor, partitions)
    made = {place: newest.get(place, 0) + 1 for place in partitions}
    rows = [(*place, claim, datetime.now(UTC)) for place, claim in made.items()]
    cursor.register("claims", pl.DataFrame(rows, schema=_SCHEMA, orient="row"))
    cursor.execute("INSERT INTO partition_claims BY NAME SELECT * FROM claims")
    return made


def check(cursor: duckdb.DuckDBPyConnection, claims: Claims) -> None:
    """Nothing, when each claim is the newest on its partition; else raises Fenced."""
    if lost := superseded(claims, _newest(cursor, claims)):
        raise Fenced(lost)


def _newest(cursor: duckdb.DuckDBPyConnection, partitions: Iterable[Partition]) -> Claims:
    topics = sorted({place.topic for place in partitions})
    return {Partition(topic, number): claim for topic, number, claim in cursor.execute(_NEWEST, [topics]).fetchall()}
