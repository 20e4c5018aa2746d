"""What a store promises, whatever it is made of."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import polars as pl

from connectors.types import Partition
from shadow.fencing import NONE, Claims


class Store(Protocol):
    """Append-only tables. Safe to use from many threads."""

    def append(self, table: str, frame: pl.DataFrame, claims: Claims = NONE) -> int:
        """Add the rows of a frame, all or none; columns go by name. Returns the number of rows.

        `claims` are those on the partitions that the rows belong to. Raises Fenced when one of them is not the newest
        any more, and RetryLater when a later try may succeed: then this process may append the same rows again, with
        others or without, and none is stored twice.
        """

    def claim(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """Claim partitions: from now on no append that names an earlier claim on one of them is stored.

        What was stored under earlier claims is there for the next `read`. Returns the number of each claim.
        """

    def read(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """The rows of a SELECT; `$name` in the SQL takes its value from `params`, which may hold more. Times in UTC."""

    def migrate(self, package: str) -> None:
        """Apply the numbered SQL files of `package`/sql that the store has not seen, each in one transaction."""

    def change(self, statements: Sequence[str], params: Mapping[str, Any]) -> list[int]:
        """Run INSERT and DELETE statements in one transaction; returns how many rows each touched.

        For retention and erasure alone (shadow/erasure.py): everything else only appends. Raises UserError where this
        process may not do that, saying which one may.
        """

    def compact(self) -> str:
        """Give back room and make what was deleted unreadable in the store; returns a sentence on what was done.

        Raises UserError as `change` does.
        """

    def close(self) -> None: ...
