"""The store behind a URL: append frames, read frames, migrate, close. The only module that knows DuckDB.

`duckdb:PATH` is one file. DuckDB admits one process to a file, so the first process that opens it owns it and serves it
over DuckDB's Quack protocol on loopback, with a random token; a 0600 file beside the database says where. Every later
process attaches to the owner by itself, and takes the file over when the owner is gone.
"""

import contextlib
import hashlib
import importlib
import importlib.resources
import json
import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb
import polars as pl

from connectors.errors import RetryLater, UserError

TAKEOVER_S = 10.0
_NAMES = re.compile(r"\$([a-z_]\w*)")
_LOST = re.compile(r"connect|HTTP|IO Error|Connection|refused|timed? ?out", re.IGNORECASE)


class Store(Protocol):
    """Append-only tables. Safe to use from many threads."""

    def append(self, table: str, frame: pl.DataFrame) -> int:
        """Add the rows of a frame, all or none; columns go by name. Returns the number of rows.

        Raises RetryLater when the rows are certainly not stored and a later try may succeed.
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


class DuckDBFile:
    """One DuckDB file: this process owns it, or is attached to the process that does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._notice = path.with_name(path.name + ".owner")
        self._lock = threading.RLock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._token = self._uri = ""
        self.is_owner = False
        if not path.parent.is_dir():
            raise UserError(f"store.url: the folder {path.parent} does not exist; create it or name another path.")
        self._connect(time.monotonic() + TAKEOVER_S)

    def append(self, table: str, frame: pl.DataFrame) -> int:
        if frame.is_empty():
            return 0
        try:
            self._insert(table, frame)
        except duckdb.Error as error:
            self._raise_unless_lost(error)
            self._reconnect()
            if not self._holds(table, frame):
                raise RetryLater(
                    f"the store's owner went away during a write to {table}; nothing was stored"
                ) from error
        return frame.height

    def read(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        deadline = time.monotonic() + TAKEOVER_S
        while True:
            try:
                return self._select(sql, params or {})
            except duckdb.Error as error:
                self._raise_unless_lost(error)
                if time.monotonic() > deadline:
                    raise RetryLater(f"the store {self.path} does not answer: {error}") from error
                self._reconnect()

    def migrate(self, package: str) -> None:
        if not self.is_owner:
            return
        with self._cursor() as cursor:
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS migrations (package VARCHAR NOT NULL, number INTEGER NOT NULL,"
                " name VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, applied_at TIMESTAMPTZ NOT NULL)"
            )
            for number, name, sql in migrations(package):
                digest = hashlib.sha256(sql.encode()).hexdigest()
                seen = cursor.execute(
                    "SELECT sha256 FROM migrations WHERE package = $package AND number = $number",
                    {"package": package, "number": number},
                ).fetchone()
                if seen is None:
                    _apply(cursor, sql, (package, number, name, digest, datetime.now(UTC)))
                elif seen[0] != digest:
                    raise UserError(
                        f"{self.path}: migration {name} of {package} differs from the one this store was made with; "
                        "use the version of shadowjudge that made it, or a new store."
                    )

    def close(self) -> None:
        with self._lock:
            if self._connection is None:
                return
            if self.is_owner:
                with contextlib.suppress(duckdb.Error):
                    self._connection.execute(f"CALL quack_stop({_literal(self._uri)})")
                self._notice.unlink(missing_ok=True)
            self._connection.close()
            self._connection = None

    def _insert(self, table: str, frame: pl.DataFrame) -> None:
        target = f'"{table}"' if self.is_owner else f'remote."{table}"'
        with self._cursor() as cursor:
            cursor.register("batch", frame)
            cursor.execute(f"INSERT INTO {target} BY NAME SELECT * FROM batch")  # noqa: S608

    def _select(self, sql: str, params: Mapping[str, Any]) -> pl.DataFrame:
        with self._cursor() as cursor:
            if self.is_owner:
                named = {name: params[name] for name in _NAMES.findall(sql)}
                return cursor.sql(sql, params=named or None).pl()
            text = _literal(inline(sql, params))
            remote = f"FROM quack_query({_literal(self._uri)}, {text}, token={_literal(self._token)})"
            return cursor.sql(remote).pl()

    def _holds(self, table: str, frame: pl.DataFrame) -> bool:
        """True when the first row of a batch is stored, and so the whole batch, since a batch is one transaction."""
        row = {f"v{i}": value for i, value in enumerate(frame.row(0))}
        same = " AND ".join(
            f'"{name}" IS NOT DISTINCT FROM ${key}' for name, key in zip(frame.columns, row, strict=True)
        )
        found = self.read(f'SELECT count(*) AS n FROM "{table}" WHERE {same}', row)  # noqa: S608
        return bool(found.item())

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one call: a connection that threads share hands out each other's rows."""
        with self._lock:
            if self._connection is None:
                raise RetryLater(f"the store {self.path} is closed")
            cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def _reconnect(self) -> None:
        with self._lock:
            if self.is_owner:
                return
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            self._connect(time.monotonic() + TAKEOVER_S)

    def _connect(self, deadline: float) -> None:
        """Attach to the owner, or own the file; tries both until the deadline, since an owner may come or go."""
        while True:
            try:
                if self._attach() or self._own():
                    return
            except duckdb.Error as error:
                self._raise_unless_lost(error)
            if time.monotonic() > deadline:
                raise UserError(
                    f"{self.path} is in use by a process that does not serve it; "
                    "stop that process (for example an open DuckDB shell) and try again."
                )
            time.sleep(0.1)

    def _attach(self) -> bool:
        try:
            notice = json.loads(self._notice.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return False
        connection = _connection(":memory:")
        try:
            connection.execute(f"ATTACH {_literal(notice['uri'])} AS remote (TOKEN {_literal(notice['token'])})")
        except duckdb.Error:
            connection.close()
            return False
        self._connection, self._uri, self._token = connection, notice["uri"], notice["token"]
        self.is_owner = False
        return True

    def _own(self) -> bool:
        try:
            connection = _connection(str(self.path))
        except duckdb.IOException as error:
            if "lock" in str(error):
                return False
            raise UserError(f"store.url: {self.path} cannot be opened: {error}") from error
        self._token = secrets.token_hex(24)
        self._uri = f"quack:127.0.0.1:{_free_port()}"
        connection.execute(f"CALL quack_serve({_literal(self._uri)}, token={_literal(self._token)})")
        _write_private(self._notice, json.dumps({"pid": os.getpid(), "uri": self._uri, "token": self._token}))
        self._connection, self.is_owner = connection, True
        return True

    def _raise_unless_lost(self, error: duckdb.Error) -> None:
        """Anything but a lost connection to the owner is a bug, or bad SQL, and keeps its traceback."""
        if self.is_owner or not isinstance(
            error, duckdb.IOException | duckdb.HTTPException | duckdb.ConnectionException
        ):
            raise error


def migrations(package: str) -> list[tuple[int, str, str]]:
    """(number, file name, SQL) of the numbered files in a package's sql folder, in order."""
    folder = importlib.resources.files(package).joinpath("sql")
    names = sorted(entry.name for entry in folder.iterdir() if re.match(r"\d{4}_.*\.sql$", entry.name))
    return [(int(name[:4]), name, folder.joinpath(name).read_text()) for name in names]


def inline(sql: str, params: Mapping[str, Any]) -> str:
    """SQL with each `$name` replaced by its value as a literal; for Quack, which carries SQL text only.

    Raises KeyError for a name without a value. Values are never read again as SQL: one pass, strings quoted.
    """
    return _NAMES.sub(lambda match: _literal(params[match[1]]), sql)


def _literal(value: Any) -> str:
    """A Python value as a DuckDB literal; raises TypeError for a type that has none here."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"'{value!r}'::DOUBLE"
    if isinstance(value, datetime):
        return f"'{value.astimezone(UTC).isoformat()}'::TIMESTAMPTZ"
    if isinstance(value, str):
        return "'" + value.replace("\x00", "").replace("'", "''") + "'"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    raise TypeError(f"no SQL literal for {type(value).__name__}")


def _connection(path: str) -> duckdb.DuckDBPyConnection:
    """A connection with the Quack extension loaded from its wheel, so that nothing is downloaded."""
    connection = duckdb.connect(path, config={"autoinstall_known_extensions": False})
    for name in ("httpfs", "quack"):
        folder = Path(str(importlib.resources.files(f"duckdb_extension_{name}")))
        file = folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        connection.execute(f"LOAD {_literal(str(file))}")
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    return connection


def _apply(cursor: duckdb.DuckDBPyConnection, sql: str, record: tuple[Any, ...]) -> None:
    """One migration and its record, both or neither."""
    cursor.execute("BEGIN")
    try:
        cursor.execute(sql)
        cursor.execute("INSERT INTO migrations VALUES (?, ?, ?, ?, ?)", list(record))
        cursor.execute("COMMIT")
    except duckdb.Error:
        cursor.execute("ROLLBACK")
        raise


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write_private(path: Path, text: str) -> None:
    """Replace a file at once by one that only its owner may read."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    new.replace(path)
