"""The product as its user runs it: processes of the command line, over a configuration file."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

COMMAND = str(Path(sys.executable).with_name("shadowjudge"))


def write_config(folder: Path, broker: str, topic: str, base_url: str, extra: str = "") -> Path:
    """A configuration that mirrors `topic` to a candidate behind an OpenAI-compatible endpoint."""
    path = folder / "shadowjudge.toml"
    path.write_text(
        f"""
[store]
url = "duckdb:{folder}/store.duckdb"

[source]
kind = "kafka"
bootstrap_servers = ["{broker}"]
topics = ["{topic}"]
group_id = "{topic}"
session_timeout_ms = 2000
client = {{ heartbeat_interval_ms = 300, metadata_max_age_ms = 1000 }}

[models.small]
kind = "openai"
model = "small-1"
base_url = "{base_url}"

[mirror]
flush_seconds = 0.2

[workflows.triage]
candidates = ["small"]

[[workflows.triage.checks]]
check = "label_agreement"
severity = "major"
labels = ["billing", "refund"]
{extra}"""
    )
    return path


class Running:
    """A command under way; what it prints goes to a file, so that it never waits for a reader."""

    def __init__(self, arguments: tuple[str | Path, ...], printed: IO[str]) -> None:
        self._printed = printed
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        command = [COMMAND, *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT, env=environment)

    @property
    def output(self) -> str:
        self._printed.seek(0)
        return self._printed.read()

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def interrupt(self, timeout_s: float = 30) -> int:
        """Ctrl-C, and the exit code that followed."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout_s)

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 90) -> None:
        """Return when the condition holds; AssertionError with the output when it does not, or the command ends."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.output}"
            assert time.monotonic() < deadline, f"timed out:\n{self.output}"
            time.sleep(0.1)


@contextmanager
def running(*arguments: str | Path) -> Iterator[Running]:
    """A command that goes on until the test ends it; killed at the latest at the end of the block."""
    with tempfile.TemporaryFile("w+") as printed:
        command = Running(arguments, printed)
        try:
            yield command
        finally:
            command.kill()


def call(*arguments: str | Path, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    command = [COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
