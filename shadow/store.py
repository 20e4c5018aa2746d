"""The store behind a URL: append frames, read frames, migrate, close. The only module that knows DuckDB.

`duckdb:PATH` is one file. DuckDB admits one process to a file, so the first process that opens it owns it and serves it
over DuckDB's Quack protocol on loopback, with a random token; a 0600 file beside the database says where. Every later
process attaches to the owner by itself, and takes the file over when the owner is gone. What was measured of Quack, and
what follows from it: docs/decisions/002-store-owner.md.
"""

import contextlib
import functools
import importlib.resources
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import duckdb
import polars as pl

from connectors.errors import RetryLater, UserError
from shadow import notice
from shadow.doubt import Doubt, without
from shadow.literals import inline, literal
from shadow.migrations import Migration, migrations, pending

TAKEOVER_S = 10.0
"""How long a call waits for an owner that went away to come back, or for the file to be free."""
ROWS_AT_ONCE = 2048
"""As many rows as Quack carries in one message, and so stores all or none."""

T = TypeVar("T")


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

    def close(self) -> None: ...


def open_store(url: str) -> Store:
    """The store at a URL. Raises UserError for an unknown scheme or a path that cannot be used."""
    scheme, _, place = url.partition(":")
    if scheme != "duckdb" or not place:
        raise UserError(f"store.url: {url!r} is not a store; write duckdb:PATH, for example duckdb:shadowjudge.duckdb.")
    return DuckDBFile(Path(place).expanduser())


@dataclass(frozen=True)
class _Link:
    """A way to the data; one record, so that a call never takes the role of one link and the connection of another."""

    connection: duckdb.DuckDBPyConnection
    uri: str
    token: str = field(repr=False)
    is_owner: bool

    @contextlib.contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one call: a connection that threads share hands out each other's rows."""
        cursor = self.connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()


# DuckDB lets one process open a file twice; a second owner would then replace the notice of the first.
_owned: set[Path] = set()
_owned_lock = threading.Lock()


class DuckDBFile:
    """One DuckDB file: this process owns it, or is attached to the process that does."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock = threading.RLock()
        self._link: _Link | None = None
        self._closed = False
        self._in_doubt: list[Doubt] = []
        if not self.path.parent.is_dir():
            raise UserError(f"store.url: the folder {self.path.parent} does not exist; create it or name another path.")
        try:
            self._live(time.monotonic() + TAKEOVER_S)
        except RetryLater as error:
            raise UserError(
                f"store.url: {self.path} is in use by a process that does not serve it; "
                "stop that process (for example an open DuckDB shell) and try again."
            ) from error

    @property
    def is_owner(self) -> bool:
        """True when this process owns the file and serves it to the others."""
        return self._link is not None and self._link.is_owner

    def append(self, table: str, frame: pl.DataFrame) -> int:
        rest = self._without_stored(table, frame)
        if rest.is_empty():
            return frame.height
        parts = [rest] if self.is_owner else list(rest.iter_slices(ROWS_AT_ONCE))
        for number, part in enumerate(parts):
            try:
                self._store_once(table, part)
            except RetryLater:
                stored = [Doubt(table, part, stored=True) for part in parts[:number]]
                self._in_doubt += [*stored, Doubt(table, part, stored=False)]
                raise
        return frame.height

    def read(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        text = inline(sql, params or {})
        return self._with_link(lambda link: _select(link, text))

    def migrate(self, package: str) -> None:
        deadline = time.monotonic() + TAKEOVER_S
        files = migrations(package)
        while True:
            link = self._live(deadline)
            missing = pending(files, self._applied(package), str(self.path))
            if link.is_owner:
                for file in missing:
                    _apply(link, package, file)
            if link.is_owner or not missing:
                return
            if time.monotonic() > deadline:
                raise UserError(
                    f"{self.path}: the process that owns this store has not applied {missing[0].name} of {package}; "
                    "it runs another version of shadowjudge: stop it, or use its version."
                )
            time.sleep(0.1)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            link, self._link = self._link, None
            if link is None:
                return
            if link.is_owner:
                notice.remove(self.path)
                with contextlib.suppress(duckdb.Error):
                    link.connection.execute(f"CALL quack_stop({literal(link.uri)})")
            link.connection.close()
            if link.is_owner:
                _release(self.path)

    def _without_stored(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of a frame that no earlier append stored while it had to tell its caller to retry."""
        for doubt in [doubt for doubt in self._in_doubt if doubt.table == table]:
            rest = without(frame, doubt.part)
            if rest.height == frame.height:
                continue  # another thread's rows
            if doubt.stored or self._with_link(functools.partial(_holds, table=table, part=doubt.part)):
                frame = rest
            self._in_doubt.remove(doubt)
        return frame

    def _store_once(self, table: str, part: pl.DataFrame) -> None:
        """Store the rows of one message; a try whose answer was lost may have stored them, so the next one looks."""
        tried = False

        def work(link: _Link) -> None:
            nonlocal tried
            if tried and _holds(link, table, part):
                return
            tried = True
            _insert(link, table, part)

        self._with_link(work)

    def _applied(self, package: str) -> dict[int, str]:
        """Number and SHA-256 of the migrations the store has seen."""
        if self.read("SELECT 1 FROM duckdb_tables() WHERE table_name = 'migrations'").is_empty():
            return {}
        seen = self.read("SELECT number, sha256 FROM migrations WHERE package = $package", {"package": package})
        return dict(seen.iter_rows())

    def _with_link(self, work: Callable[[_Link], T]) -> T:
        """What `work` returns, done again when the owner went away meanwhile; other errors keep their traceback."""
        deadline = time.monotonic() + TAKEOVER_S
        while True:
            link = self._live(deadline)
            try:
                return work(link)
            except duckdb.Error as error:
                if link.is_owner or not _is_lost(error):
                    raise
                self._leave(link)
                if time.monotonic() > deadline:
                    raise RetryLater(f"the owner of the store {self.path} does not answer: {error}") from error

    def _live(self, deadline: float) -> _Link:
        """The link, made again when it was lost; tries both roles until the deadline, as owners come and go."""
        with self._lock:
            while self._link is None:
                if self._closed:
                    raise RuntimeError(f"the store {self.path} is closed")
                self._link = self._own() or self._attach()
                if self._link is None:
                    if time.monotonic() > deadline:
                        raise RetryLater(f"the store {self.path} is in use, and its owner does not answer")
                    time.sleep(0.1)
            return self._link

    def _leave(self, lost: _Link) -> None:
        """Give up a link, unless another thread has already made a new one."""
        with self._lock:
            if self._link is lost:
                self._link = None
                lost.connection.close()

    def _own(self) -> _Link | None:
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

    def _serve(self) -> _Link | None:
        try:
            connection = duckdb.connect(str(self.path))
        except duckdb.IOException as error:
            if "Could not set lock" in str(error):
                return None
            raise UserError(f"store.url: {self.path} cannot be opened: {error}") from error
        try:
            notice.remove(self.path)
            _prepare(connection)
            link = _Link(connection, f"quack:127.0.0.1:{_free_port()}", secrets.token_hex(24), is_owner=True)
            try:
                connection.execute(f"CALL quack_serve({literal(link.uri)}, token={literal(link.token)})")
            except duckdb.IOException:  # somebody took the port meanwhile
                connection.close()
                return None
            notice.write(self.path, notice.Notice(link.uri, link.token, os.getpid()))
        except BaseException:
            connection.close()
            raise
        return link

    def _attach(self) -> _Link | None:
        """A link to the owner its notice speaks of, or None when there is no notice, or nobody behind it."""
        owner = notice.read(self.path)
        if owner is None:
            return None
        link = _Link(duckdb.connect(":memory:"), owner.uri, owner.token, is_owner=False)
        try:
            _prepare(link.connection)
            link.connection.execute(f"ATTACH {literal(link.uri)} AS remote (TOKEN {literal(link.token)})")
        except duckdb.Error as error:
            link.connection.close()
            if _is_lost(error):
                return None
            raise
        return link


def _select(link: _Link, sql: str) -> pl.DataFrame:
    with link.cursor() as cursor:
        if link.is_owner:
            return cursor.sql(sql).pl()
        remote = f"FROM quack_query({literal(link.uri)}, {literal(sql)}, token={literal(link.token)})"
        return cursor.sql(remote).pl()


def _insert(link: _Link, table: str, frame: pl.DataFrame) -> None:
    target = f'"{table}"' if link.is_owner else f'remote."{table}"'
    statement = f"INSERT INTO {target} BY NAME SELECT * FROM batch"  # noqa: S608
    with link.cursor() as cursor:
        cursor.register("batch", frame.rechunk())  # one chunk, one message
        try:
            cursor.execute(statement)
        except (duckdb.CatalogException, duckdb.BinderException):
            if link.is_owner:
                raise
            cursor.execute("CALL quack_clear_cache()")  # the owner may have migrated since
            cursor.execute(statement)


def _holds(link: _Link, table: str, part: pl.DataFrame) -> bool:
    """True when the first row of a part is stored, and so all of it, since a part is one transaction."""
    same = " AND ".join(
        f'"{name}" IS NOT DISTINCT FROM {literal(value)}' for name, value in zip(part.columns, part.row(0), strict=True)
    )
    return not _select(link, f'SELECT 1 AS found FROM "{table}" WHERE {same} LIMIT 1').is_empty()  # noqa: S608


def _apply(link: _Link, package: str, file: Migration) -> None:
    """One migration and its record, both or neither."""
    with link.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS migrations (package VARCHAR NOT NULL, number INTEGER NOT NULL,"
                " name VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, applied_at TIMESTAMPTZ NOT NULL)"
            )
            cursor.execute(file.sql)
            record = [package, file.number, file.name, file.sha256, datetime.now(UTC)]
            cursor.execute("INSERT INTO migrations VALUES (?, ?, ?, ?, ?)", record)
            cursor.execute("COMMIT")
        except duckdb.Error:
            cursor.execute("ROLLBACK")
            raise


def _is_lost(error: duckdb.Error) -> bool:
    """True when nobody answers at the owner's address, or somebody who is not that owner."""
    strangers = ("Authentication failed", "Invalid connection id")
    return isinstance(
        error, duckdb.IOException | duckdb.HTTPException | duckdb.ConnectionException | duckdb.SerializationException
    ) or any(word in str(error) for word in strangers)


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Load Quack from its wheel, so that nothing is downloaded, and fix what a query may see."""
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET GLOBAL python_enable_replacements = false")
    for name in ("httpfs", "quack"):
        folder = Path(str(importlib.resources.files(f"duckdb_extension_{name}")))
        file = folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        connection.execute(f"LOAD {literal(str(file))}")
    connection.execute("SET GLOBAL TimeZone = 'UTC'")


def _release(path: Path) -> None:
    with _owned_lock:
        _owned.discard(path)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
