"""The three stores, each with a way to lose it and to get it back."""

import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from shadow.store import Store, open_store
from tests.store import postgres
from tests.store.postgres import Postgres

SERVER = Path(__file__).with_name("server.py")


class Served(NamedTuple):
    """A store of one kind: how to open it, once or often, and how its far end goes away and comes back."""

    kind: str
    open: Callable[[], Store]
    lose: Callable[[], None]
    return_: Callable[[], None]


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    with postgres.running() as server:
        yield server


@pytest.fixture(params=["file", "client of a file", "quack", "lake"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    with ExitStack() as stack:
        if request.param == "lake":
            yield lake(request.getfixturevalue("server"), tmp_path)
        elif request.param == "file":
            yield Served("file", lambda: open_store(f"duckdb:{tmp_path}/s.duckdb"), _never, _never)
        else:
            yield other_process(tmp_path, stack, over_the_network=request.param == "quack")


@pytest.fixture
def store(served: Served) -> Iterator[Store]:
    store = served.open()
    store.migrate("shadow")
    store.migrate("judge")
    yield store
    store.close()


def lake(server: Postgres, folder: Path) -> Served:
    url = f"ducklake:postgres:{server.database()}"
    return Served("lake", lambda: open_store(url, data_path=f"{folder}/lake"), server.stop, server.start)


def other_process(folder: Path, stack: ExitStack, over_the_network: bool) -> Served:
    token = secrets.token_hex(16)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    running: list[subprocess.Popen[str]] = []

    def start() -> None:
        command = [sys.executable, SERVER, f"{folder}/s.duckdb", address, token]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout
        assert process.stdout.readline() == "serving\n"

    def kill() -> None:
        process = running.pop()
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()

    start()
    stack.callback(lambda: kill() if running else None)
    if over_the_network:
        return Served("quack", lambda: open_store(f"quack:{address}", token=token), kill, start)
    return Served("client of a file", lambda: open_store(f"duckdb:{folder}/s.duckdb"), kill, _never)


def _never() -> None:
    """A file that this process owns cannot go away, and an owner that is gone is succeeded by its client."""
