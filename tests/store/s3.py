"""A loopback server that speaks S3: moto's, in an environment of its own, since it needs older libraries than ours.

A development dependency, never a part of the product. It is fetched once and kept below ~/.cache/shadowjudge.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

from shadow.store import S3
from shadow.store.extensions import prepare
from shadow.store.s3 import allow
from tests.needs import need

VERSION = "5.2.0"


class Bucket(NamedTuple):
    """A bucket of a server of our own."""

    server: "subprocess.Popen[bytes]"
    address: str
    name: str = "lake"

    @property
    def keys(self) -> S3:
        return S3(key_id="AKIATEST", secret="kept-secret", endpoint=f"http://{self.address}")

    def create(self) -> None:
        request = urllib.request.Request(f"http://{self.address}/{self.name}", method="PUT")
        urllib.request.urlopen(request, timeout=10).close()

    def holds(self, text: bytes) -> bool:
        """True when an object's bytes hold a text."""
        place = f"s3://{self.name}/"
        with duckdb.connect(":memory:") as connection:
            prepare(connection, "httpfs")
            allow(connection, place, self.keys)
            objects = connection.execute("SELECT content FROM read_blob(?)", [f"{place}**"]).fetchall()
        assert objects, "the lake has no file"
        return any(text in content for (content,) in objects)


def python() -> Path | None:
    """The interpreter that has moto; None when it cannot be fetched."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "shadowjudge" / f"moto-{VERSION}"
    if not home.is_dir():
        home.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=home.parent))
        uv = shutil.which("uv")
        make = [uv, "venv", "--quiet", "--relocatable"] if uv else [sys.executable, "-m", "venv"]
        pip = [uv, "pip", "install", "--quiet", "--python"] if uv else [folder / "bin/python", "-m", "pip", "install"]
        try:
            subprocess.run([*make, folder], check=True, timeout=60)
            subprocess.run(
                [*pip, *([folder / "bin/python"] if uv else []), f"moto[s3,server]=={VERSION}"], check=True, timeout=240
            )
            folder.rename(home)
        except (subprocess.SubprocessError, OSError):
            shutil.rmtree(folder, ignore_errors=True)
    return home / "bin/python" if home.is_dir() else None


@contextlib.contextmanager
def bucket() -> Iterator[Bucket]:
    """An empty bucket; skips, or fails in CI, where moto cannot be had."""
    program = python()
    need(program is not None, f"the tests of a lake on S3 need moto {VERSION} from PyPI")
    assert program
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [program, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    place = Bucket(server, f"127.0.0.1:{port}")
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                place.create()
                break
            except OSError:
                assert time.monotonic() < deadline, "moto does not answer"
                time.sleep(0.1)
        yield place
    finally:
        server.kill()
        server.wait()
