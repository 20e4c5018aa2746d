"""An OpenID Connect provider on the loopback, in a process of its own."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from tests.pages.test_serving import free_port

START_S = 30.0


@contextmanager
def provider(groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The address of a provider that lets anybody of `groups` in and tells these as their groups."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--host", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    issuer = f"http://127.0.0.1:{port}"
    try:
        _wait(process, issuer)
        for name, of in groups.items():
            _put(f"{issuer}/users/{name}", {"email": name, "groups": list(of)})
        yield issuer
    finally:
        process.terminate()
        process.wait(10)


def _wait(process: "subprocess.Popen[bytes]", issuer: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration", timeout=2).close()
            return
        except urllib.error.URLError:
            assert process.poll() is None, "the provider ended"
            assert time.monotonic() < deadline, "the provider did not answer"
            time.sleep(0.1)


def _put(url: str, claims: Mapping[str, object]) -> None:
    request = urllib.request.Request(
        url, json.dumps(claims).encode(), {"Content-Type": "application/json"}, method="PUT"
    )
    urllib.request.urlopen(request, timeout=10).close()
