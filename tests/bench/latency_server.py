"""A chat server that answers every request after the same time: `python -m tests.bench.latency_server SECONDS`.

A second argument is what it says; a third the arguments of the tool call that it makes where a request demands one. It
first prints its port. A bare asyncio protocol, so that the server is not what is measured.
"""

import asyncio
import json
import re
import sys
from typing import Any

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_SAID = sys.argv[2] if len(sys.argv) > 2 else "refund"
_CALLED = [
    {"id": "1", "type": "function", "function": {"name": "select_choice", "arguments": each}} for each in sys.argv[3:]
]


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


_ANSWER, _CALL = _answer({"content": _SAID}), _answer({"content": None, "tool_calls": _CALLED})


class _Connection(asyncio.Protocol):
    def __init__(self, latency_s: float) -> None:
        self._latency_s, self._read = latency_s, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        head = self._read.find(b"\r\n\r\n")
        length = _LENGTH.search(self._read, 0, head) if head >= 0 else None
        if length and len(self._read) >= head + 4 + int(length[1]):
            answer = _CALL if b'"tool_choice":' in self._read else _ANSWER
            self._read = b""
            asyncio.get_running_loop().call_later(self._latency_s, self._transport.write, answer)


async def _serve(latency_s: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(latency_s), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
