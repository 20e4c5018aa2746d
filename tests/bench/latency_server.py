"""A chat server that answers every request after the same time: `python -m tests.bench.latency_server SECONDS`.

A second argument is what it says; a third the arguments of the tool call that it makes where a request demands one. It
first prints its port. A bare asyncio protocol, so that the server is not what is measured.
"""

import asyncio
import contextlib
import json
import re
import selectors
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@contextlib.contextmanager
def latency_server(latency_s: float, *said: str) -> Iterator[int]:
    """The port of such a server in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.latency_server", str(latency_s), *said]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


def _answer(message: dict[str, Any]) -> bytes:
    body = json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "fixed",
            "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
        }
    ).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def _call(arguments: str) -> dict[str, Any]:
    return {"id": "1", "type": "function", "function": {"name": "select_choice", "arguments": arguments}}


class _Connection(asyncio.Protocol):
    def __init__(self, latency_s: float, said: str = "refund", *called: str) -> None:
        self._latency_s, self._read = latency_s, b""
        self._said = _answer({"content": said})
        self._called = _answer({"content": None, "tool_calls": [_call(each) for each in called]})

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        head = self._read.find(b"\r\n\r\n")
        length = _LENGTH.search(self._read, 0, head) if head >= 0 else None
        if length and len(self._read) >= head + 4 + int(length[1]):
            answer = self._called if b'"tool_choice":' in self._read else self._said
            self._read = b""
            asyncio.get_running_loop().call_later(self._latency_s, self._transport.write, answer)


async def _serve(latency_s: float, *said: str) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(latency_s, *said), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    # epoll counts in whole milliseconds, which would make 50 ms 51 and let answers out in clumps.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        runner.run(_serve(float(sys.argv[1]), *sys.argv[2:]))
