"""The long-running commands as processes: signals, exit codes, and one store for two terminals."""

import itertools
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.interaction import encode
from dashboards.demo.traffic import interactions
from tests.connectors.chat_server import ChatServer, Reply

COMMAND = str(Path(sys.executable).with_name("shadowjudge"))
RECORDS = 60


@pytest.fixture
def slow() -> threading.Event:
    """While it is set, the candidate takes a second for each answer."""
    return threading.Event()


@pytest.fixture
def server(slow: threading.Event) -> Iterator[ChatServer]:
    with ChatServer(lambda _: Reply("billing", delay_s=1.0 if slow.is_set() else 0.0)) as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, server: ChatServer) -> Path:
    lines = [encode(each) + b"\n" for each in itertools.islice(interactions(seed=3), RECORDS)]
    (tmp_path / "in.jsonl").write_bytes(b"".join([b"not an interaction\n", *lines]))
    workflow = '[workflows.{}]\ncandidates = ["small"]\n[[workflows.{}.checks]]\ncheck = "text_agreement"\n'
    path = tmp_path / "shadowjudge.toml"
    path.write_text(
        f'[store]\nurl = "duckdb:{tmp_path}/store.duckdb"\n[source]\nkind = "file"\npath = "{tmp_path}/in.jsonl"\n'
        "[mirror]\nin_flight = 1\nflush_seconds = 0.2\n"
        f'[models.small]\nkind = "openai"\nmodel = "m"\nbase_url = "{server.base_url}"\n'
        + "".join(workflow.format(name, name) for name in ("triage", "order_id", "reply"))
    )
    return path


def _funnel(config: Path) -> dict[str, Any]:
    done = subprocess.run([COMMAND, "status", "--json", "-c", config], capture_output=True, check=True)
    funnel: dict[str, Any] = json.loads(done.stdout)["funnel"]
    return funnel


def _until_some(config: Path, paired: int) -> None:
    while not config.with_name("store.duckdb").exists():
        time.sleep(0.1)
    while _funnel(config)["paired"] < paired:
        time.sleep(0.1)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_the_service_in_good_order(
    config: Path, slow: threading.Event, sent: signal.Signals, code: int
) -> None:
    slow.set()
    up = [COMMAND, "up", "--no-dashboard", "-c", str(config)]
    with subprocess.Popen(up, stderr=subprocess.PIPE, text=True) as process:
        try:
            _until_some(config, paired=1)  # a second terminal, while the service owns the store
            process.send_signal(sent)
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == code, errors
    assert "Traceback" not in errors
    stopped = _funnel(config)
    assert stopped["adds_up"]
    assert stopped["paired"] < RECORDS, "the signal came in the middle"

    slow.clear()
    assert subprocess.run([COMMAND, "mirror", "-c", config], capture_output=True, check=False).returncode == 0
    whole = _funnel(config)
    assert (whole["adds_up"], whole["paired"], whole["rejected"]) == (True, RECORDS, 1)


def test_score_once_checks_what_is_there(config: Path) -> None:
    subprocess.run([COMMAND, "mirror", "-c", config], capture_output=True, check=True)
    scored = subprocess.run([COMMAND, "score", "--once", "-c", config], capture_output=True, text=True, check=True)
    assert f"checked={RECORDS} " in scored.stderr
    again = subprocess.run([COMMAND, "score", "--once", "-c", config], capture_output=True, text=True, check=True)
    assert "checked=0 " in again.stderr
