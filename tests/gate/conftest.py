"""A gate on the loopback over a real store, served as the product serves it."""

import asyncio
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError

import pytest

from dashboards import wiring
from dashboards.gate.server import gate
from shadow.config import Config, load
from shadow.store import Store
from tests.store.seeding import pair, store_checked, store_pairs, store_trial

TOKEN = "a-token-of-enough-letters"
AGO = datetime.now(UTC) - timedelta(hours=2)


class Answer(NamedTuple):
    code: int
    body: str
    headers: dict[str, str]


Ask = Callable[..., Answer]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """One workflow; instrument becomes ready by 30 checked pairs."""
    monkeypatch.setenv("GATE_TOKEN", TOKEN)
    path = tmp_path / "shadowjudge.toml"
    path.write_text(
        f'[store]\nurl = "duckdb:{tmp_path}/s.duckdb"\n[source]\nkind = "file"\npath = "x.jsonl"\n'
        '[models.small]\nkind = "openai"\nmodel = "m"\nbase_url = "http://127.0.0.1:1/v1"\n'
        '[workflows.triage]\ncandidates = ["small"]\nmin_captured = 20\n'
        '[[workflows.triage.checks]]\ncheck = "label_agreement"\n'
        f'[gate]\nport = {_free_port()}\ntoken = "env:GATE_TOKEN"\n'
    )
    return load(path)


@pytest.fixture
def store(config: Config) -> Iterator[Store]:
    with wiring.open_store(config) as store:
        yield store


@pytest.fixture
def ask(config: Config, store: Store) -> Iterator[Ask]:
    """Sends a real request to the served gate; the token goes along unless the headers say otherwise."""
    stop, loop = asyncio.Event(), asyncio.new_event_loop()
    failed: list[BaseException] = []

    def serve() -> None:
        try:
            loop.run_until_complete(gate(config, store)(stop))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=serve)
    thread.start()

    def ask(method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        url = f"http://127.0.0.1:{config.gate.port}{path}"
        request = urllib.request.Request(url, body, headers or {"Authorization": f"Bearer {TOKEN}"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, response.read().decode(), dict(response.headers))
        except HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(), dict(error.headers))

    try:
        while not _listens(config.gate.port):
            assert not failed, failed
        yield ask
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()


def settle(store: Store, config: Config, count: int = 30, **changes: Any) -> None:
    """Pairs of the candidate as configured, all checked."""
    model = wiring.connect_model("small", config.models["small"])
    pairs = [
        pair(n, model.fingerprint, occurred_at=AGO, mirrored_at=AGO + timedelta(seconds=n), **changes)
        for n in range(count)
    ]
    store_pairs(store, pairs)
    store_checked(store, config, pairs)
    store_trial(store)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
