"""Debian's PostgreSQL on a private port, for the catalog of a lake. Gone with the tests."""

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.needs import need


class Postgres(NamedTuple):
    """A server of our own: on the loopback, with a random password."""

    programs: Path
    folder: Path
    port: int
    password: str
    user: tuple[str, ...]

    @property
    def dsn(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=shadowjudge password={self.password} dbname="

    def database(self) -> str:
        """The connection string of a new, empty database."""
        name = f"lake_{secrets.token_hex(6)}"
        self.sql(f"CREATE DATABASE {name}")
        return f"{self.dsn}{name}"

    def sql(self, statement: str) -> str:
        done = subprocess.run(
            [self.programs / "psql", f"{self.dsn}postgres", "-qAtc", statement], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -F"
        log = self.folder / "log"
        control = [*self.user, self.programs / "pg_ctl", "-D", self.folder / "data", "-w", "-l", log, "-o", options]
        subprocess.run([*control, "start"], check=True, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        control = [*self.user, self.programs / "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop"]
        subprocess.run(control, check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """A started server; skips, or fails in CI, where PostgreSQL is not installed."""
    programs = _programs()
    need(programs is not None, "the lake tests need PostgreSQL: apt-get install postgresql-15")
    assert programs
    folder = Path(tempfile.mkdtemp(prefix="lake-", dir="/tmp"))  # a short path: it also holds a socket
    user: tuple[str, ...] = ()
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        user = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    server = Postgres(programs, folder, port, secrets.token_hex(12), user)
    secret = folder / "password"
    secret.write_text(server.password)
    secret.chmod(0o644)
    init = [*user, programs / "initdb", "-D", folder / "data", "-U", "shadowjudge", "-A", "scram-sha-256"]
    subprocess.run([*init, f"--pwfile={secret}", "--no-sync"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    secret.unlink()
    server.start()
    try:
        yield server
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):  # a test may have left it stopped
            server.stop()
        for _ in range(20):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.1)


def _programs() -> Path | None:
    """The newest of Debian's PostgreSQL versions, or the one on the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if debian:
        return debian[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None
