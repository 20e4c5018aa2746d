"""A real HTTP server that speaks OpenAI's files and batches API and ends batches as a test tells it to.

with BatchServer(lambda body: answered("yes")) as server:
    client = AsyncOpenAI(base_url=server.base_url, api_key="any")
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

USAGE = {"prompt_tokens": 500, "completion_tokens": 20}


def answered(text: str) -> dict[str, Any]:
    """The `response` of a line that was answered."""
    message = {"role": "assistant", "content": text}
    body = {"model": "tiny", "choices": [{"message": message, "finish_reason": "stop"}], "usage": USAGE}
    return {"status_code": 200, "body": body}


def failed(status: int, message: str) -> dict[str, Any]:
    """The `response` of a line that was refused."""
    return {"status_code": status, "body": {"error": {"message": message}}}


@dataclass
class BatchServer:
    """Every batch ends as `ends_as` once `polls` looks have been taken at it, or `held` is over.

    `answer` makes the response of a line from its body; None leaves the line out of the files. `lists` says whether it
    lists its batches, `hides_made` that making a batch succeeds and is answered with HTTP 500.
    """

    answer: Callable[[dict[str, Any]], dict[str, Any] | None]
    ends_as: str = "completed"
    polls: int = 1
    held: bool = False
    lists: bool = True
    hides_made: bool = False
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    """The custom_id of every line that was ever sent as part of a batch."""

    def __enter__(self) -> Self:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()
        self.base_url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def make(self, asked: dict[str, Any]) -> dict[str, Any]:
        batch_id = f"batch_{len(self.batches)}"
        self.batches[batch_id] = {
            "id": batch_id, "object": "batch", "created_at": 1, "endpoint": asked["endpoint"], "looks": 0,
            "completion_window": asked["completion_window"], "input_file_id": asked["input_file_id"],
            "status": "in_progress", "metadata": asked.get("metadata"),
        }  # fmt: skip
        lines = [json.loads(line) for line in self.files[asked["input_file_id"]].splitlines()]
        assert all((line["method"], line["url"]) == ("POST", "/v1/chat/completions") for line in lines)
        self.lines += [line["custom_id"] for line in lines]
        return self.batches[batch_id]

    def look(self, batch_id: str) -> dict[str, Any] | None:
        batch = self.batches.get(batch_id)
        if batch is None:
            return None
        batch["looks"] += 1
        if batch["status"] == "in_progress" and batch["looks"] > self.polls and not self.held:
            self._end(batch)
        return batch

    def _end(self, batch: dict[str, Any]) -> None:
        batch["status"] = self.ends_as
        good, bad = [], []
        for raw in self.files[batch["input_file_id"]].splitlines():
            line = json.loads(raw)
            response = self.answer(line["body"])
            if response is not None:
                ok = response["status_code"] == 200
                (good if ok else bad).append({"custom_id": line["custom_id"], "response": response, "error": None})
        for name, rows in (("output_file_id", good), ("error_file_id", bad)):
            if rows:
                batch[name] = f"{batch['id']}_{name}"
                self.files[batch[name]] = "".join(json.dumps(row) + "\n" for row in rows).encode()
        if self.ends_as == "failed":
            batch["errors"] = {"object": "list", "data": [{"code": "full", "message": "the queue is full"}]}


def _handler(server: BatchServer) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                if self.path.endswith("/files"):
                    name = f"file_{len(server.files)}"
                    server.files[name] = _uploaded(self.headers["Content-Type"], content)
                    self._say({"id": name, "object": "file", "bytes": 1, "created_at": 1, "filename": "f.jsonl",
                               "purpose": "batch", "status": "processed"})  # fmt: skip
                    return
                made = server.make(json.loads(content))
            self._say({"error": {"message": "lost"}} if server.hides_made else made, 500 if server.hides_made else 200)

        def do_GET(self) -> None:
            parts = self.path.partition("?")[0].split("/")
            with lock:
                if parts[-1] == "batches":
                    listed = {"object": "list", "data": list(server.batches.values()), "has_more": False}
                    self._say(listed if server.lists else {"error": {"message": "no"}}, 200 if server.lists else 404)
                elif parts[-1] == "content":
                    self._write(server.files[parts[-2]], 200 if parts[-2] in server.files else 404)
                else:
                    batch = server.look(parts[-1])
                    self._say(batch or {"error": {"message": "no such batch"}}, 200 if batch else 404)

        def do_DELETE(self) -> None:
            name = self.path.rsplit("/", 1)[-1]
            server.deleted.append(name)
            self._say({"id": name, "object": "file", "deleted": True})

        def _say(self, body: dict[str, Any], status: int = 200) -> None:
            self._write(json.dumps(body).encode(), status)

        def _write(self, body: bytes, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing: a test's output is its own."""

    return Handler


def _uploaded(content_type: str, content: bytes) -> bytes:
    """The file of a multipart body, whose purpose is `batch`."""
    parsed: Message = BytesParser().parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + content)
    parts = {part.get_param("name", header="content-disposition"): part for part in parsed.walk()}
    assert parts["purpose"].get_payload(decode=True) == b"batch"
    file = parts["file"].get_payload(decode=True)
    assert isinstance(file, bytes)
    return file
