"""A store that tells how often it was asked."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from shadow.store import Store


class Counted:
    """A store that counts what it is asked."""

    def __init__(self, store: Store) -> None:
        self._store, self.queries = store, 0

    def read(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        self.queries += 1
        return self._store.read(sql, params)
