"""What a store promises, whatever it is made of."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import polars as pl

ROWS_AT_ONCE = 2048
"""As many rows as Quack carries in one message, and so stores all or none."""


class Store(Protocol):
    """Append-only tables. Safe to use from many threads."""

    def append(self, table: str, frame: pl.DataFrame) -> int:
        """Add the rows of a frame; columns go by name. Returns the number of rows.

        Up to ROWS_AT_ONCE rows are stored all or none; a longer frame may be cut off between such parts. Raises
        RetryLater when a later try may succeed: then this process may append the same rows again, with others or
        without, and none is stored twice.
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
