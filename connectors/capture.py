"""Capture production's calls: a wrapper round an OpenAI client that publishes each chat completion to Kafka.

It never raises into the caller and never waits for Kafka. It imports no client: whatever has
`.chat.completions.create` can be wrapped, synchronous or asynchronous, streaming or not. See docs/capture.md.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connectors.call import Call
from connectors.handover import Handover, Publisher

LINGER_MS = 100
"""Few large batches: for each, the client's thread takes the interpreter from production's threads for a while."""


def captured(
    client: Any,
    *,
    workflow: str,
    topic: str,
    bootstrap_servers: Sequence[str] = (),
    kafka: Mapping[str, Any] | None = None,
    connect: Callable[[], Publisher] | None = None,
    capacity: int = 1000,
) -> Any:
    """`client`, for use in its place: each `chat.completions.create` is also published as an interaction.

    `kafka` holds settings of kafka-python's producer (TLS, SASL); `connect` makes another publisher instead.
    `capacity` bounds the records that wait for Kafka. The attribute `capture` of the result is the Handover, with the
    counters `published` and `dropped`.
    """

    def to_kafka() -> Publisher:
        from connectors.publisher import KafkaPublisher

        return KafkaPublisher(bootstrap_servers, {"linger_ms": LINGER_MS, **(kafka or {})})

    return _wrapped(client, workflow, Handover(connect or to_kafka, topic, capacity))


class _Wrapped:
    """A thing, with some of its attributes replaced by what a function makes of them."""

    def __init__(self, thing: Any, replaced: Mapping[str, Callable[[Any], Any]], **own: Any) -> None:
        self.__dict__.update(_thing=thing, _replaced=replaced, **own)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._thing, name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the protocols of copy and pickle, asked before there is a thing
            raise AttributeError(name)
        value = getattr(self._thing, name)
        return self._replaced[name](value) if name in self._replaced else value

    def __enter__(self) -> "_Wrapped":
        self._thing.__enter__()
        return self

    def __exit__(self, *error: Any) -> Any:
        return self._thing.__exit__(*error)

    async def __aenter__(self) -> "_Wrapped":
        await self._thing.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        return await self._thing.__aexit__(*error)


def _wrapped(client: Any, workflow: str, handover: Handover) -> _Wrapped:
    def completions(thing: Any) -> Any:
        return _Wrapped(thing, {"create": lambda create: _capturing(create, workflow, handover)})

    def again(copy: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **options: _wrapped(copy(*args, **options), workflow, handover)

    def chat(thing: Any) -> Any:
        return _Wrapped(thing, {"completions": completions})

    return _Wrapped(client, {"chat": chat, "copy": again, "with_options": again}, capture=handover)


def _capturing(create: Callable[..., Any], workflow: str, handover: Handover) -> Callable[..., Any]:
    def create_and_capture(*args: Any, shadow: Any = None, **fields: Any) -> Any:
        if isinstance(fields.get("messages"), Iterator):
            fields["messages"] = list(fields["messages"])
        call = Call(workflow, handover, fields, shadow)
        try:
            answer = create(*args, **fields)
        except BaseException as error:
            call.failed(error)
            raise
        return _awaited(answer, call) if inspect.isawaitable(answer) else _heard(answer, call)

    return create_and_capture


async def _awaited(answer: Any, call: Call) -> Any:
    try:
        result = await answer
    except BaseException as error:
        call.failed(error)
        raise
    return _heard(result, call)


def _heard(answer: Any, call: Call) -> Any:
    """The answer for the caller: as it is, or, when it is a stream, one that notes its chunks as they pass."""
    if hasattr(answer, "__anext__"):
        return _AsyncStream(answer, call)
    if hasattr(answer, "__next__"):
        return _SyncStream(answer, call)
    call.answered(answer)
    return answer


class _Stream:
    """A stream of the client library that tells the call what passes."""

    def __init__(self, stream: Any, call: Call) -> None:
        self._stream, self._call = stream, call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __del__(self) -> None:
        self._call.left()

    def close(self) -> Any:
        self._call.left()
        return self._stream.close()


class _SyncStream(_Stream):
    def __iter__(self) -> "_SyncStream":
        return self

    def __next__(self) -> Any:
        try:
            chunk = next(self._stream)
        except StopIteration:
            self._call.ended()
            raise
        except BaseException as error:
            self._call.failed(error)
            raise
        self._call.heard(chunk)
        return chunk

    def __enter__(self) -> "_SyncStream":
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()


class _AsyncStream(_Stream):
    def __aiter__(self) -> "_AsyncStream":
        return self

    async def __anext__(self) -> Any:
        try:
            chunk = await anext(self._stream)
        except StopAsyncIteration:
            self._call.ended()
            raise
        except BaseException as error:
            self._call.failed(error)
            raise
        self._call.heard(chunk)
        return chunk

    async def __aenter__(self) -> "_AsyncStream":
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.close()
