"""One production call while it runs, and the interaction that it becomes."""

import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from connectors.chat import has_answer, read_body, read_chunks
from connectors.handover import Handover
from connectors.interaction import VERSION, Interaction, encode
from connectors.types import Completion, Request

# Options of the client library, not fields of the request; headers may hold secrets.
_TRANSPORT = frozenset({"extra_headers", "extra_query", "extra_body", "timeout"})
_REQUEST = frozenset({"messages", "tools", "tool_choice", "response_format"})


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a caller may say about one call, as `create(..., shadow={...})`; `workflow` overrides the wrapper's."""

    workflow: str | None = None
    request_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    subject_key: str | None = None
    tags: dict[str, str] = {}
    ground_truth: Any = None


class Call:
    """One call while it runs. No method raises; the first of `answered`, `failed`, `ended` and `left` publishes."""

    def __init__(self, workflow: str, handover: Handover, fields: Mapping[str, Any], shadow: Any) -> None:
        self._handover = handover
        self._started = time.monotonic()
        self._first_token_ms: float | None = None
        self._chunks: list[dict[str, Any]] = []
        self._draft: dict[str, Any] | None = None
        self._model = str(fields.get("model"))
        try:
            about = msgspec.convert(shadow or {}, About)
            self._draft = {
                "schema": VERSION,
                **msgspec.structs.asdict(about),
                "workflow": about.workflow or workflow,
                "request_id": about.request_id or uuid.uuid4().hex,
                "occurred_at": datetime.now(UTC),
                "request": _request(fields),
            }
        except Exception as error:
            handover.not_built(error)

    def answered(self, answer: Any) -> None:
        self._publish(lambda: read_body(answer.model_dump_json(warnings=False).encode()))

    def failed(self, error: BaseException) -> None:
        sentence = f"{type(error).__name__}: {error}".removesuffix(": ")
        self._publish(lambda: Completion(error=sentence, model=self._model))

    def heard(self, chunk: Any) -> None:
        """Note one chunk of a stream."""
        if self._draft is None:
            return
        try:
            note = chunk.model_dump(mode="json", warnings=False)
            if self._first_token_ms is None and has_answer(note):
                self._first_token_ms = self._elapsed_ms()
            if not note["choices"] or note["choices"][0]["index"] == 0:
                self._chunks.append(note)
        except Exception as error:
            self._draft = None
            self._handover.not_built(error)

    def ended(self) -> None:
        """The stream is at its end."""
        self._publish(lambda: read_chunks(self._chunks))

    def left(self) -> None:
        """The caller reads no further; unless the answer was whole by then, it cannot be compared and says so."""
        self._publish(lambda: read_chunks(self._chunks), "the caller left the stream before its end")

    def _publish(self, read: Callable[[], Completion], unreadable: str | None = None) -> None:
        """Hand over the interaction. An answer that cannot be read becomes an error: `unreadable`, or the reason."""
        draft, self._draft = self._draft, None
        if draft is None:
            return
        try:
            try:
                answer = read()
            except ValueError as error:
                answer = Completion(error=unreadable or str(error), model=self._model)
            times = {"latency_ms": self._elapsed_ms(), "time_to_first_token_ms": self._first_token_ms}
            response = msgspec.structs.replace(answer, **times)
            interaction = msgspec.convert({**draft, "response": response}, Interaction)
            self._handover.put(interaction.request_id.encode(), encode(interaction))
        except Exception as error:
            self._handover.not_built(error)

    def _elapsed_ms(self) -> float:
        return 1000 * (time.monotonic() - self._started)


def _request(fields: Mapping[str, Any]) -> Request:
    """The request as plain data, copied: callers go on to change their lists."""
    sent = {name: value for name, value in fields.items() if type(value).__name__ not in ("NotGiven", "Omit")}
    own = {name: value for name, value in sent.items() if name in _REQUEST}
    params = {name: value for name, value in sent.items() if name not in _REQUEST | _TRANSPORT}
    plain = msgspec.to_builtins(own | {"params": params | (sent.get("extra_body") or {})}, enc_hook=_plain)
    return msgspec.convert(plain, Request)


def _plain(value: Any) -> Any:
    """A model of the client library (a message of an earlier answer) as it would be sent."""
    return value.model_dump(mode="json", exclude_unset=True, warnings=False)
