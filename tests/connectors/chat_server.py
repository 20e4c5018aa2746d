"""A real HTTP server that speaks the OpenAI chat protocol and answers, or fails, as a test tells it to.

with ChatServer(lambda request: "yes") as server:
    client = AsyncOpenAI(base_url=server.base_url, api_key="any")
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

MODEL = "tiny-2025-01"


@dataclass(frozen=True)
class Reply:
    """What the server does with one request: an answer, late, cut short or refused.

    `raw` replaces the body; `share` below 1 sends that share of the body or of the stream and hangs up.
    `logprobs` are those of the tokens. A negative `delay_s` waits until the server closes.
    """

    text: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    finish_reason: str = "stop"
    refusal: str | None = None
    logprobs: list[float] | None = None
    usage: Mapping[str, int] | None = field(default_factory=lambda: {"prompt_tokens": 7, "completion_tokens": 3})
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    delay_s: float = 0.0
    share: float = 1.0


HANG = Reply(delay_s=-1)


def failure(status: int, message: str = "no", headers: Mapping[str, str] | None = None, **error: Any) -> Reply:
    """An error in OpenAI's form, `{"error": {"message": ..., **error}}`."""
    body = json.dumps({"error": {"message": message, "type": "test", **error}}).encode()
    return Reply(status=status, raw=body, headers=headers or {})


def refuses(param: str) -> Reply:
    """The 400 by which OpenAI's server refuses a parameter."""
    message = f"Unsupported parameter: '{param}' is not supported with this model."
    return failure(400, message, param=param, code="unsupported_parameter")


def in_turn(*replies: "str | dict[str, Any] | Reply") -> "Answer":
    """An answer for the first request, the second, ...; the last one for all that follow."""
    lock, left = threading.Lock(), list(replies)

    def answer(request: dict[str, Any]) -> "str | dict[str, Any] | Reply":
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return answer


Answer = Callable[[dict[str, Any]], str | dict[str, Any] | Reply]


class ChatServer:
    """A chat server on a free port of 127.0.0.1, one thread a connection.

    `answer` gives for each request body the text, the whole body as a dict, or a Reply; what it raises is raised again
    when the server closes. With `api_key`, any other key is answered by 401. `requests` are the chat requests in order
    of arrival, `max_concurrent` the most that were in work at once.
    """

    def __init__(self, answer: Answer, api_key: str | None = None, models: tuple[str, ...] = (MODEL,)) -> None:
        self.answer, self.api_key, self.models = answer, api_key, models
        self.requests: list[dict[str, Any]] = []
        self.max_concurrent = 0
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._concurrent = 0
        self._mistake: Exception | None = None
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.chat = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        if self._mistake is not None and error is None:
            raise self._mistake

    def reply_to(self, request: dict[str, Any]) -> Reply:
        """The reply to one chat request, after its delay; counts it."""
        with self._lock:
            self.requests.append(request)
            self._concurrent += 1
            self.max_concurrent = max(self.max_concurrent, self._concurrent)
        try:
            given = self.answer(request)
            if isinstance(given, str):
                given = Reply(text=given)
            elif isinstance(given, dict):
                given = Reply(raw=json.dumps(given).encode())
            self.closing.wait(given.delay_s if given.delay_s >= 0 else None)
            return given
        except Exception as mistake:
            self._mistake = mistake
            return failure(500, f"the test's answer raised {mistake!r}")
        finally:
            with self._lock:
                self._concurrent -= 1


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    chat: ChatServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing for a client that hung up, which is what many tests are about; else the traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: the test's own output is enough."""

    def do_GET(self) -> None:
        listed = {"object": "list", "data": [{"id": name, "object": "model"} for name in self.server.chat.models]}
        self._send(self._refused() or Reply(raw=json.dumps(listed).encode()))

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        reply = self._refused() or self.server.chat.reply_to(request)
        if request.get("stream") and reply.raw is None:
            self._send_stream(reply, bool((request.get("stream_options") or {}).get("include_usage")))
        else:
            self._send(reply)

    def _refused(self) -> Reply | None:
        key = self.server.chat.api_key
        if key is not None and self.headers.get("Authorization") != f"Bearer {key}":
            return failure(401, "Incorrect API key provided.", code="invalid_api_key")
        return None

    def _send(self, reply: Reply) -> None:
        body = reply.raw if reply.raw is not None else json.dumps(completion(reply)).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: int(len(body) * reply.share)])
        self.close_connection = self.close_connection or reply.share < 1

    def _send_stream(self, reply: Reply, with_usage: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        events = [json.dumps(event) for event in stream(reply, with_usage)] + ["[DONE]"]
        for event in events[: int(len(events) * reply.share)]:
            self.wfile.write(f"data: {event}\n\n".encode())
        self.close_connection = True


def completion(reply: Reply) -> dict[str, Any]:
    """The body of a chat completion."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
    if reply.tool_calls is not None:
        message["tool_calls"] = reply.tool_calls
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason, "logprobs": _logprobs(reply)}
    return {**_frame("chat.completion"), "choices": [choice], "usage": _usage(reply)}


def stream(reply: Reply, with_usage: bool) -> list[dict[str, Any]]:
    """The same completion as stream chunks: a role, the text word by word, tool calls in halves, the end, the usage."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in (reply.text or "").split(" ") for word in (word, " ")][:-1]
    for index, call in enumerate(reply.tool_calls or []):
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        half = len(arguments) // 2
        first = {"index": index, "id": call.get("id"), "type": "function"}
        deltas.append({"tool_calls": [{**first, "function": {"name": name, "arguments": arguments[:half]}}]})
        deltas.append({"tool_calls": [{"index": index, "function": {"arguments": arguments[half:]}}]})
    if reply.refusal is not None:
        deltas.append({"refusal": reply.refusal})
    chunks = [_chunk(delta, None) for delta in deltas]
    chunks[-1]["choices"][0]["logprobs"] = _logprobs(reply)
    chunks.append(_chunk({}, reply.finish_reason))
    if with_usage:
        chunks.append({**_frame("chat.completion.chunk"), "choices": [], "usage": _usage(reply)})
    return chunks


def _chunk(delta: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
    return {**_frame("chat.completion.chunk"), "choices": [choice]}


def _frame(kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": int(time.time()), "model": MODEL}


def _usage(reply: Reply) -> dict[str, int] | None:
    return reply.usage and {**reply.usage, "total_tokens": sum(reply.usage.values())}


def _logprobs(reply: Reply) -> dict[str, Any] | None:
    if reply.logprobs is None:
        return None
    return {
        "content": [{"token": "x", "logprob": value, "bytes": None, "top_logprobs": []} for value in reply.logprobs]
    }
