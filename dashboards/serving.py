"""Start the pages as a process of their own, know when they answer, and stop them."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from connectors.child import die_with_parent
from connectors.errors import UserError
from shadow.access import is_loopback

CONFIG_VARIABLE = "SHADOWJUDGE_CONFIG"
START_S = 60.0
STOP_S = 5.0
_OPTIONS: Mapping[str, str | tuple[str, ...]] = {
    "server.headless": "true",
    "logger.level": "warning",
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    "runner.postScriptGC": "false",
    "server.showEmailPrompt": "false",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "theme.light.primaryColor": "#0b5cad",
    "theme.light.textColor": "#1c2733",
    "theme.light.secondaryBackgroundColor": "#f3f5f8",
    "theme.light.borderColor": "#d9dfe6",
    "theme.dark.primaryColor": "#58a6ff",
    "theme.dark.backgroundColor": "#0f1317",
    "theme.dark.textColor": "#e3e8ee",
    "theme.dark.secondaryBackgroundColor": "#1a1f25",
    "theme.dark.borderColor": "#3d4650",
    "theme.baseRadius": "6px",
    "theme.baseFontSize": "15",
}
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


class Dashboard:
    """The running pages at `url`; `stop` ends them, and so does leaving a `with` block."""

    def __init__(self, process: "subprocess.Popen[bytes]", url: str) -> None:
        self.process = process
        self.url = url

    def wait_until_healthy(self, timeout_s: float = START_S) -> None:
        """Return when the pages answer. Raises UserError when their process ended, or they did not answer in time."""
        deadline = time.monotonic() + timeout_s
        while not _healthy(self.url):
            code = self.process.poll()
            if code is not None:
                raise UserError(f"the dashboard ended with exit code {code} before it answered at {self.url}.")
            if time.monotonic() > deadline:
                self.stop()
                raise UserError(f"the dashboard did not answer at {self.url} within {timeout_s:.0f} s; try again.")
            time.sleep(0.1)

    def stop(self) -> None:
        """End the process: asked first, killed after STOP_S seconds."""
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> "Dashboard":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve_dashboard(config: Path, host: str, port: int, env: Mapping[str, str] | None = None) -> Dashboard:
    """The pages for a configuration file, starting at http://host:port; they are ready after `wait_until_healthy`.

    `env` is added to the environment of the process. Signals of the terminal reach the caller only, which stops it.
    Raises UserError when the port is taken.
    """
    if _answers(host, port):
        raise UserError(f"port {port} of {host} is taken; free it, or set another dashboard.port.")
    options = {**_OPTIONS, "server.address": host, "server.port": str(port)}
    if is_loopback(host):  # a page of another site cannot reach the socket under a name of its own
        options["server.allowedHosts"] = _LOOPBACK_NAMES
    command = [sys.executable, "-m", "streamlit", "run", str(files("dashboards").joinpath("server.py"))]
    for name, value in options.items():
        command += [f"--{name}={each}" for each in ((value,) if isinstance(value, str) else value)]
    process = subprocess.Popen(
        command,
        env={**os.environ, **(env or {}), CONFIG_VARIABLE: str(config.resolve())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    return Dashboard(process, f"http://{_reachable(host)}:{port}")


def _reachable(host: str) -> str:
    """The host under which this machine reaches a server bound to `host`."""
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _answers(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((_reachable(host).strip("[]"), port), timeout=2):
        return True
    return False


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as response:  # noqa: S310
            return bool(response.status == 200)
    except OSError:
        return False
