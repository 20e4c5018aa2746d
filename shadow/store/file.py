"""`duckdb:PATH`: one file, owned by one process, which serves it to the others.

DuckDB admits one process to a file, so the first process that opens it owns it and serves it over DuckDB's Quack
protocol on loopback, with a random token; a 0600 file beside the database says where. Every later process attaches to
the owner by itself, and takes the file over when the owner is gone. What was measured of Quack, and what follows from
it: docs/decisions/002-store-owner.md.
"""

import atexit
import contextlib
import fcntl
import os
import secrets
import socket
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from connectors.errors import RetryLater, UserError
from connectors.types import Partition
from shadow import notice
from shadow.fencing import NONE, Claims
from shadow.literals import inline, literal
from shadow.migrations import migrations, pending
from shadow.store import reaching
from shadow.store.appending import Appending
from shadow.store.extensions import prepare
from shadow.store.links import DirectLink, applied
from shadow.store.procedures import Procedures
from shadow.store.quack import Address, QuackLink, attach, is_lost, serve

WAL = "128MB"
"""How long the log grows before it goes into the file: about one row group of pairs. With DuckDB's 16 MB the newest row
group is written again for each three appends, at half the speed."""

# DuckDB lets one process open a file twice; a second owner would then replace the notice of the first.
_owned: set[Path] = set()
_owned_lock = threading.Lock()


class DuckDBFile:
    """One DuckDB file: this process owns it, or is attached to the process that does.

    An owner also serves it at `served_at`, where that is given, to those who know its token.
    """

    def __init__(self, path: Path, served_at: Address | None = None) -> None:
        self.path = path.resolve()
        self._served_at = served_at
        self._uri = ""
        if not self.path.parent.is_dir():
            raise UserError(f"store.url: the folder {self.path.parent} does not exist; create it or name another path.")
        self._procedures: Procedures
        self._reach: reaching.Reach[DirectLink | QuackLink] = reaching.Reach(
            str(self.path), self._connect, lambda link, error: isinstance(link, QuackLink) and is_lost(error)
        )
        self._appending = Appending(self._reach)
        try:
            self._reach.live(time.monotonic() + reaching.TAKEOVER_S)
        except RetryLater as error:
            raise UserError(
                f"store.url: {self.path} is in use by a process that does not serve it; "
                "stop that process (for example an open DuckDB shell) and try again."
            ) from error
        atexit.register(self.close)

    @property
    def is_owner(self) -> bool:
        """True when this process owns the file and serves it to the others."""
        return isinstance(self._reach.link, DirectLink)

    def append(self, table: str, frame: pl.DataFrame, claims: Claims = NONE) -> int:
        return self._appending.append(table, frame, claims)

    def claim(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        return self._reach.run(lambda link: link.claim(partitions))

    def read(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        text = inline(sql, params or {})
        return self._reach.run(lambda link: link.select(text))

    def migrate(self, package: str) -> None:
        deadline = time.monotonic() + reaching.TAKEOVER_S
        files = migrations(package)
        while True:
            link = self._reach.live(deadline)
            missing = pending(files, self._reach.run(lambda link: applied(link, package)), str(self.path))
            if isinstance(link, DirectLink):
                for file in missing:
                    link.apply(package, file)
                return
            if not missing:
                return
            if time.monotonic() > deadline:
                raise UserError(
                    f"{self.path}: the process that owns this store has not applied {missing[0].name} of {package}; "
                    "it runs another version of shadowjudge: stop it, or use its version."
                )
            time.sleep(0.1)

    def change(self, statements: Sequence[str], params: Mapping[str, Any]) -> list[int]:
        return self._as_owner().change(statements, params)

    def compact(self) -> str:
        """Write the file anew: a CHECKPOINT leaves deleted text readable in it. Other threads must be at rest."""
        before = self.path.stat().st_size
        link = self._as_owner()
        new = self.path.with_name(self.path.name + ".new")
        new.unlink(missing_ok=True)
        self._stop_serving(link)  # clients wait, or are told to retry: what they wrote now would be lost
        try:
            with link.cursor() as cursor:
                name = cursor.execute("SELECT current_database()").fetchall()[0][0]
                cursor.execute(f"ATTACH {literal(str(new))} AS compacted")
                cursor.execute(f'COPY FROM DATABASE "{name}" TO compacted')
                cursor.execute("DETACH compacted")
                cursor.execute("CHECKPOINT")  # what is left in the log would go into the new file once more
            with new.open("rb+") as held:
                fcntl.lockf(held, fcntl.LOCK_EX)  # as DuckDB locks: nobody opens it before the old one is closed
                new.replace(self.path)
                self._drop(link)
        finally:
            new.unlink(missing_ok=True)
            self._drop(link)
        self._reach.live(time.monotonic() + reaching.TAKEOVER_S)
        return f"{self.path}: {before:,} bytes before, {self.path.stat().st_size:,} bytes now"

    def close(self) -> None:
        atexit.unregister(self.close)
        link = self._reach.close()
        if isinstance(link, DirectLink):
            self._stop_serving(link)
            link.close()
            _release(self.path)
        elif link is not None:
            link.close()

    def _stop_serving(self, link: DirectLink) -> None:
        notice.remove(self.path)
        self._procedures.close()
        for uri in [self._uri, *([self._served_at.uri] if self._served_at else [])]:
            with contextlib.suppress(duckdb.Error):
                link.connection.execute(f"CALL quack_stop({literal(uri)})")

    def _drop(self, link: DirectLink) -> None:
        """Close the owner's link, once; the next call makes another."""
        if self._reach.link is link:
            self._reach.link = None
            link.close()
            _release(self.path)

    def _as_owner(self) -> DirectLink:
        link = self._reach.live(time.monotonic() + reaching.TAKEOVER_S)
        if isinstance(link, DirectLink):
            return link
        owner = notice.read(self.path)
        raise UserError(
            f"{self.path} is owned by another process{f' (pid {owner.pid})' if owner else ''}, and only the owner may "
            "delete or compact: stop the service, run this, and start it again; it goes on where it stopped."
        )

    def _connect(self) -> DirectLink | QuackLink | None:
        """A link in whichever role is free, or None while there is neither."""
        return self._own() or self._attach()

    def _own(self) -> DirectLink | None:
        """The owner's link, or None while another process has the file."""
        with _owned_lock:
            if self.path in _owned:
                return None
            _owned.add(self.path)
        try:
            link = self._serve()
        except BaseException:
            _release(self.path)
            raise
        if link is None:
            _release(self.path)
        return link

    def _serve(self) -> DirectLink | None:
        try:
            connection = duckdb.connect(str(self.path))
        except duckdb.IOException as error:
            if "Could not set lock" in str(error):
                return None
            raise UserError(f"store.url: {self.path} cannot be opened: {error}") from error
        try:
            notice.remove(self.path)
            prepare(connection, "httpfs", "quack")
            link = DirectLink(connection)
            self._procedures = Procedures(link)
            connection.execute(f"SET GLOBAL checkpoint_threshold = '{WAL}'")
            if self._served_at:
                serve(connection, self._served_at)
            here = Address(f"quack:127.0.0.1:{_free_port()}", secrets.token_hex(24))
            try:
                connection.execute(f"CALL quack_serve({literal(here.uri)}, token={literal(here.token)})")
            except duckdb.IOException:  # somebody took the port meanwhile
                connection.close()
                return None
            self._uri = here.uri
            notice.write(self.path, notice.Notice(here.uri, here.token, os.getpid()))
        except BaseException:
            connection.close()
            raise
        return link

    def _attach(self) -> QuackLink | None:
        """A link to the owner its notice speaks of, or None when there is no notice, or nobody behind it."""
        owner = notice.read(self.path)
        if owner is None:
            return None
        try:
            return attach(Address(owner.uri, owner.token))
        except duckdb.Error as error:
            if is_lost(error):
                return None
            raise


def _release(path: Path) -> None:
    with _owned_lock:
        _owned.discard(path)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
