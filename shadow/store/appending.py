"""Appends that may be tried again: rows whose answer was lost are looked for before they are sent once more."""

from typing import Any

import polars as pl

from connectors.errors import RetryLater
from shadow.doubt import Doubt, without
from shadow.fencing import Claims
from shadow.store.links import Link, stored
from shadow.store.reaching import Reach


class Appending:
    """The appends of one store, and the rows that are in doubt."""

    def __init__(self, reach: Reach[Any]) -> None:
        self._reach = reach
        self._in_doubt: list[Doubt] = []

    def append(self, table: str, frame: pl.DataFrame, claims: Claims) -> int:
        """As shadow.store.protocol.Store says it. Raises RetryLater, and then remembers what may be stored."""
        rest = self._without_stored(table, frame)
        if not rest.is_empty():
            try:
                self._store(table, rest, claims)
            except RetryLater:
                self._in_doubt.append(Doubt(table, rest))
                raise
        return frame.height

    def _without_stored(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of a frame that no earlier append stored while it had to tell its caller to retry."""
        for doubt in [doubt for doubt in self._in_doubt if doubt.table == table]:
            rest = without(frame, doubt.rows)
            if rest.height == frame.height:
                continue  # another thread's rows
            if self._holds(table, doubt.rows):
                frame = rest
            self._in_doubt.remove(doubt)
        return frame

    def _holds(self, table: str, rows: pl.DataFrame) -> bool:
        look = stored(table, rows)
        return self._reach.run(lambda link: not link.select(look).is_empty())

    def _store(self, table: str, frame: pl.DataFrame, claims: Claims) -> None:
        """Store rows in one transaction; a try whose answer was lost may have stored them, so the next one looks."""
        tried = False

        def work(link: Link) -> None:
            nonlocal tried
            again, tried = tried, True
            link.insert(table, frame, claims, again)

        self._reach.run(work)
