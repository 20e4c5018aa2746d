"""Appends that may be tried again: rows whose answer was lost are looked for before they are sent once more."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from connectors.errors import RetryLater
from shadow.doubt import Doubt, without
from shadow.literals import literal
from shadow.store.links import Link
from shadow.store.reaching import Reach


class Appending:
    """The appends of one store, and the rows that are in doubt."""

    def __init__(self, reach: Reach[Any]) -> None:
        self._reach = reach
        self._in_doubt: list[Doubt] = []

    def without_stored(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of a frame that no earlier append stored while it had to tell its caller to retry."""
        for doubt in [doubt for doubt in self._in_doubt if doubt.table == table]:
            rest = without(frame, doubt.part)
            if rest.height == frame.height:
                continue  # another thread's rows
            if doubt.stored or self._is_stored(doubt):
                frame = rest
            self._in_doubt.remove(doubt)
        return frame

    def store(self, table: str, parts: Sequence[pl.DataFrame]) -> None:
        """Store each part in one transaction. Raises RetryLater, and then remembers what may be stored."""
        for number, part in enumerate(parts):
            try:
                self._store_once(table, part)
            except RetryLater:
                stored = [Doubt(table, part, stored=True) for part in parts[:number]]
                self._in_doubt += [*stored, Doubt(table, part, stored=False)]
                raise

    def _is_stored(self, doubt: Doubt) -> bool:
        return self._reach.run(lambda link: _holds(link, doubt.table, doubt.part))

    def _store_once(self, table: str, part: pl.DataFrame) -> None:
        """Store one part; a try whose answer was lost may have stored it, so the next one looks."""
        tried = False

        def work(link: Link) -> None:
            nonlocal tried
            if tried and _holds(link, table, part):
                return
            tried = True
            link.insert(table, part)

        self._reach.run(work)


def _holds(link: Link, table: str, part: pl.DataFrame) -> bool:
    """True when the first row of a part is stored, and so all of it, since a part is one transaction."""
    same = " AND ".join(
        f'"{name}" IS NOT DISTINCT FROM {literal(value)}' for name, value in zip(part.columns, part.row(0), strict=True)
    )
    return not link.select(f'SELECT 1 AS found FROM "{table}" WHERE {same} LIMIT 1').is_empty()  # noqa: S608
