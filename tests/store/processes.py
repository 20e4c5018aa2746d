"""Processes beside the test's own."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OWNER = Path(__file__).with_name("owner.py")


@contextlib.contextmanager
def other_process(*command: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that has printed its first line; killed at the end."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        process.first_line = process.stdout.readline().strip()  # type: ignore[attr-defined]
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def owner(path: Path) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """Another process that owns the store at a path, or is attached to it."""
    return other_process(str(OWNER), str(path))
