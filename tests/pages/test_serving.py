"""The pages' process: starts, answers on loopback only, refuses a taken port, ends when told."""

import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from connectors.errors import UserError
from dashboards.serving import serve_dashboard

CONFIG = """
[source]
kind = "file"
path = "none.jsonl"
[models.small]
kind = "openai"
model = "small"
[workflows.triage]
candidates = ["small"]
"""


def write_config(folder: Path) -> Path:
    file = folder / "shadowjudge.toml"
    file.write_text(CONFIG, encoding="utf-8")
    return file


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_pages_answer_until_they_are_stopped(tmp_path: Path) -> None:
    port = free_port()
    with serve_dashboard(write_config(tmp_path), "127.0.0.1", port) as dashboard:
        dashboard.wait_until_healthy()
        with urllib.request.urlopen(dashboard.url, timeout=5) as response:
            assert response.status == 200
    assert dashboard.process.poll() is not None
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(dashboard.url, timeout=5)


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} of 127.0.0.1 is taken"):
            serve_dashboard(tmp_path / "any.toml", "127.0.0.1", port)


def test_a_process_that_ends_at_once_is_told(tmp_path: Path) -> None:
    port = free_port()
    environment = {"PYTHONHOME": "/nowhere"}
    dashboard = serve_dashboard(tmp_path / "any.toml", "127.0.0.1", port, environment)
    with dashboard, pytest.raises(UserError, match="ended with exit code"):
        dashboard.wait_until_healthy()


def test_a_process_that_does_not_answer_in_time_is_stopped(tmp_path: Path) -> None:
    with serve_dashboard(write_config(tmp_path), "127.0.0.1", free_port()) as dashboard:
        with pytest.raises(UserError, match="did not answer"):
            dashboard.wait_until_healthy(timeout_s=0)
        assert dashboard.process.poll() is not None
