"""The capture round the real OpenAI client, against a real chat server and a real broker."""

import asyncio
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import openai
import pytest
from kafka import KafkaConsumer, TopicPartition

from connectors.capture import captured
from connectors.interaction import Interaction, decode
from connectors.publisher import ensure_topics
from connectors.types import ToolCall
from tests.connectors.chat_server import HANG, MODEL, ChatServer, Reply, failure

pytestmark = pytest.mark.broker
ASK: dict[str, Any] = {"model": "asked-for", "messages": [{"role": "user", "content": "Which queue?"}]}
CALL = [{"id": "call_1", "type": "function", "function": {"name": "route", "arguments": '{"queue": "billing"}'}}]


@dataclass
class Desk:
    """A captured client beside its topic."""

    broker: str
    server: ChatServer
    topic: str = field(default_factory=lambda: f"capture-{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        ensure_topics([self.broker], {self.topic: 1})
        options = {"base_url": self.server.base_url, "api_key": "secret", "max_retries": 0}
        common = {"workflow": "triage", "topic": self.topic, "bootstrap_servers": [self.broker]}
        self.plain, self.plain_async = openai.OpenAI(**options), openai.AsyncOpenAI(**options)
        self.client = captured(self.plain, **common)
        self.client_async = captured(self.plain_async, **common)

    def interactions(self) -> list[Interaction]:
        """What the topic holds once everything handed over is published."""
        assert self.client.capture.flush(20.0)
        assert self.client_async.capture.flush(20.0)
        published = self.client.capture.published + self.client_async.capture.published
        consumer = KafkaConsumer(bootstrap_servers=[self.broker], auto_offset_reset="earliest", metrics_enabled=False)
        consumer.assign([TopicPartition(self.topic, 0)])
        values: list[bytes] = []
        deadline = time.monotonic() + 20
        while len(values) < published and time.monotonic() < deadline:
            values += [record.value for batch in consumer.poll(100).values() for record in batch]
        consumer.close()
        assert len(values) == published
        return [decode(value) for value in values]

    def interaction(self) -> Interaction:
        (only,) = self.interactions()
        return only


@pytest.fixture
def replies() -> list[Any]:
    """What the chat server answers, in turn; "billing" for ever when empty."""
    return []


@pytest.fixture
def desk(broker: str, replies: list[Any]) -> Iterator[Desk]:
    with ChatServer(lambda request: replies.pop(0) if replies else "billing") as server:
        desk = Desk(broker, server)
        with desk.client:
            yield desk
        asyncio.run(desk.plain_async.close())


def test_a_call_is_captured_complete(desk: Desk) -> None:
    tools = [{"type": "function", "function": {"name": "route", "parameters": {"type": "object"}}}]
    answer = desk.client.chat.completions.create(
        **ASK,
        tools=tools,
        tool_choice="auto",
        response_format={"type": "json_object"},
        temperature=0,
        stop=["\n"],
        seed=openai.NOT_GIVEN,
        top_p=openai.omit,
        extra_body={"top_k": 5},
        extra_headers={"X-Token": "hush"},
        timeout=20,
    )
    assert isinstance(answer, openai.types.chat.ChatCompletion)
    kept = desk.interaction()
    assert kept.workflow == "triage"
    assert kept.request.messages == ASK["messages"]
    assert kept.request.tools == tools
    assert kept.request.tool_choice == "auto"
    assert kept.request.response_format == {"type": "json_object"}
    assert kept.request.params == {"model": "asked-for", "temperature": 0, "stop": ["\n"], "top_k": 5}
    assert (kept.response.text, kept.response.finish_reason, kept.response.model) == ("billing", "stop", MODEL)
    assert (kept.response.input_tokens, kept.response.output_tokens) == (7, 3)
    assert kept.response.latency_ms is not None
    assert kept.response.time_to_first_token_ms is None
    assert kept.response.error is None
    assert len(kept.request_id) == 32


def test_tool_calls_and_refusals(desk: Desk, replies: list[Any]) -> None:
    replies += [Reply(tool_calls=CALL, finish_reason="tool_calls"), Reply(refusal="I may not.")]
    desk.client.chat.completions.create(**ASK)
    desk.client.chat.completions.create(**ASK)
    called, refused = desk.interactions()
    assert called.response.tool_calls == [ToolCall("route", '{"queue": "billing"}', "call_1")]
    assert called.response.text is None
    assert refused.response.refusal == "I may not."


def test_what_the_caller_says_about_a_call(desk: Desk) -> None:
    about = {
        "workflow": "routing",
        "request_id": "r-7",
        "trace_id": "t" * 32,
        "span_id": "s" * 16,
        "subject_key": "customer-1",
        "tags": {"tier": "gold"},
        "ground_truth": {"queue": "billing"},
    }
    desk.client.with_options(timeout=30).chat.completions.create(**ASK, shadow=about)
    kept = desk.interaction()
    assert {name: getattr(kept, name) for name in about} == about
    assert "shadow" not in desk.server.requests[0]


@pytest.mark.parametrize("about", [{"tag": {"tier": "gold"}}, {"tags": {"tier": 5}}, "gold", 5])
def test_a_mistake_in_what_is_said_costs_the_record_and_not_the_call(desk: Desk, about: Any) -> None:
    assert desk.client.chat.completions.create(**ASK, shadow=about).choices[0].message.content == "billing"
    assert desk.interactions() == []
    assert desk.client.capture.dropped == {"not_built": 1}


def test_the_request_is_that_of_the_call_whatever_the_caller_does_next(desk: Desk) -> None:
    messages: list[Any] = [{"role": "user", "content": "Which queue?"}]
    first = desk.client.chat.completions.create(model="asked-for", messages=messages)
    messages.append(first.choices[0].message)
    messages.append({"role": "user", "content": "Sure?"})
    desk.client.chat.completions.create(model="asked-for", messages=iter(messages))
    once, twice = desk.interactions()
    assert len(once.request.messages) == 1
    assert [message["content"] for message in twice.request.messages] == ["Which queue?", "billing", "Sure?"]
    assert twice.request.messages == desk.server.requests[1]["messages"]


@pytest.mark.parametrize("usage", [True, False])
def test_a_stream_passes_and_is_captured(desk: Desk, replies: list[Any], usage: bool) -> None:
    replies += [Reply(text="to the billing queue"), Reply(tool_calls=CALL, finish_reason="tool_calls")]
    options = {"stream": True, "stream_options": {"include_usage": usage}}
    heard = ""
    for chunk in desk.client.chat.completions.create(**ASK, **options):
        heard += chunk.choices[0].delta.content or "" if chunk.choices else ""
    assert heard == "to the billing queue"
    with desk.client.chat.completions.create(**ASK, **options) as stream:
        assert stream.response.status_code == 200
        assert list(stream)
    text, called = desk.interactions()
    assert text.response.text == "to the billing queue"
    assert text.response.finish_reason == "stop"
    assert text.response.output_tokens == (3 if usage else None)
    assert text.response.time_to_first_token_ms is not None
    assert text.response.latency_ms is not None
    assert text.response.time_to_first_token_ms <= text.response.latency_ms
    assert text.request.params["stream"] is True
    assert called.response.tool_calls == [ToolCall("route", '{"queue": "billing"}', "call_1")]


@pytest.mark.parametrize("leave", ["close", "break", "drop"])
def test_a_stream_that_the_caller_leaves_is_no_answer(desk: Desk, replies: list[Any], leave: str) -> None:
    replies.append(Reply(text="to the billing queue"))
    stream = desk.client.chat.completions.create(**ASK, stream=True)
    next(stream)
    if leave == "close":
        stream.close()
    elif leave == "break":
        with stream:
            for _ in stream:
                break
    else:
        stream.response.close()
        del stream
    kept = desk.interaction()
    assert kept.response.error == "the caller left the stream before its end"
    assert kept.response.text is None


def test_a_stream_that_breaks_off_is_no_answer(desk: Desk, replies: list[Any]) -> None:
    replies.append(Reply(text="to the billing queue", share=0.5))
    list(desk.client.chat.completions.create(**ASK, stream=True))
    assert desk.interaction().response.error == "the server's stream ended before the answer did"


def test_an_error_reaches_the_caller_unchanged_and_is_captured(desk: Desk, replies: list[Any]) -> None:
    replies += [failure(500, "overloaded"), failure(400, "no such parameter"), HANG]
    with pytest.raises(openai.InternalServerError) as caught:
        desk.client.chat.completions.create(**ASK)
    assert caught.value.status_code == 500
    with pytest.raises(openai.BadRequestError):
        desk.client.chat.completions.create(**ASK, stream=True)
    with pytest.raises(openai.APITimeoutError):
        desk.client.chat.completions.create(**ASK, timeout=0.2)
    with pytest.raises(TypeError, match="messages"):
        desk.client.chat.completions.create(model="asked-for")
    errors = [kept.response.error or "" for kept in desk.interactions()]
    assert [error.split(":")[0] for error in errors] == ["InternalServerError", "BadRequestError", "APITimeoutError"]
    assert "overloaded" in errors[0]
    assert desk.client.capture.dropped == {"not_built": 1}


def test_the_asynchronous_client(desk: Desk, replies: list[Any]) -> None:
    replies += ["billing", Reply(text="to the billing queue"), failure(500), HANG]

    async def calls() -> None:
        create = desk.client_async.chat.completions.create
        async with desk.client_async.with_options(timeout=20):
            answer = await create(**ASK)
            assert answer.choices[0].message.content == "billing"
            async with await create(**ASK, stream=True) as stream:
                chunks = [chunk async for chunk in stream]
            assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "to the billing queue"
            with pytest.raises(openai.InternalServerError):
                await create(**ASK)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(create(**ASK), 0.2)

    asyncio.run(calls())
    answered, streamed, failed, cancelled = desk.interactions()
    assert answered.response.text == "billing"
    assert streamed.response.text == "to the billing queue"
    assert streamed.response.time_to_first_token_ms is not None
    assert (failed.response.error or "").startswith("InternalServerError")
    assert cancelled.response.error == "CancelledError"


def test_everything_else_is_the_clients(desk: Desk) -> None:
    assert [model.id for model in desk.client.models.list()] == [MODEL]
    desk.client.timeout = 3.0
    assert desk.plain.timeout == 3.0
    assert not hasattr(desk.client, "nothing_of_the_kind")
    assert desk.interactions() == []
