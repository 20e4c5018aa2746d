"""`quack:HOST:PORT`: a store that a process on another machine owns and serves."""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

import duckdb
import polars as pl

from connectors.errors import RetryLater, UserError
from connectors.types import Partition
from shadow.fencing import NONE, Claims
from shadow.literals import inline
from shadow.migrations import migrations, pending
from shadow.store import reaching
from shadow.store.appending import Appending
from shadow.store.links import applied
from shadow.store.quack import Address, QuackLink, attach, is_lost


class QuackClient:
    """The store of another machine. It is never owned here, so it can be neither migrated nor compacted."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._reach: reaching.Reach[QuackLink] = reaching.Reach(
            address.uri, self._connect, lambda _, error: is_lost(error)
        )
        self._appending = Appending(self._reach)
        try:
            self._reach.live(time.monotonic() + reaching.TAKEOVER_S)
        except RetryLater as error:
            raise UserError(
                f"store.url: nobody serves a store at {address.uri}; the owner needs store.serve, "
                "and a host other than the loopback a reverse proxy with TLS in front of it."
            ) from error

    def append(self, table: str, frame: pl.DataFrame, claims: Claims = NONE) -> int:
        return self._appending.append(table, frame, claims)

    def claim(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        return self._reach.run(lambda link: link.claim(partitions))

    def read(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        text = inline(sql, params or {})
        return self._reach.run(lambda link: link.select(text))

    def migrate(self, package: str) -> None:
        """Wait until the owner has applied the files of `package`; raises UserError when it does not."""
        deadline = time.monotonic() + reaching.TAKEOVER_S
        files = migrations(package)
        while missing := pending(files, self._reach.run(lambda link: applied(link, package)), self._address.uri):
            if time.monotonic() > deadline:
                raise UserError(
                    f"{self._address.uri}: its owner has not applied {missing[0].name} of {package}; "
                    "it runs another version of shadowjudge: use that version."
                )
            time.sleep(reaching.PAUSE_S)

    def change(self, statements: Sequence[str], params: Mapping[str, Any]) -> list[int]:
        self._refuse()

    def compact(self) -> str:
        self._refuse()

    def close(self) -> None:
        link = self._reach.close()
        if link is not None:
            link.close()

    def _refuse(self) -> NoReturn:
        raise UserError(f"{self._address.uri} is owned on another machine: run this there.")

    def _connect(self) -> QuackLink | None:
        try:
            return attach(self._address)
        except duckdb.Error as error:
            if "Authentication failed" in str(error):
                raise UserError(
                    f"store.token: the owner of {self._address.uri} refuses this token; use the one of its store.token."
                ) from None
            if is_lost(error):
                return None
            raise
