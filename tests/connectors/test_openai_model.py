"""The OpenAI-compatible model against a real HTTP server that fails in every way we know."""

import asyncio
import json
import socket
import time
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from connectors.errors import RetryLater, UserError
from connectors.models.openai import OpenAIModel, Settings, connect
from connectors.types import Completion, Request, ToolCall
from shadow.config import validate
from tests.connectors.chat_server import HANG, MODEL, ChatServer, Reply, failure, in_turn, refuses

ASK = Request([{"role": "user", "content": "What?"}], params={"temperature": 0.5})
KEY = "sk-very-secret"


def model(server: ChatServer, **settings: Any) -> OpenAIModel:
    given = {"model": "tiny", "base_url": server.base_url, "max_retries": 0, "timeout_s": 10.0, **settings}
    return connect("cand", Settings.model_validate(given))


def ask(candidate: OpenAIModel, *requests: Request) -> list[Completion]:
    """The answers to requests sent one after the other."""

    async def run() -> list[Completion]:
        try:
            return [await candidate.complete(request) for request in requests]
        finally:
            await candidate.close()

    return asyncio.run(run())


def test_an_answer_is_read_and_the_request_is_sent_whole() -> None:
    tools = [{"type": "function", "function": {"name": "find", "parameters": {}}}]
    request = Request(
        [{"role": "user", "content": "What?"}],
        tools=tools,
        tool_choice="auto",
        response_format={"type": "json_object"},
        params={"temperature": 0, "seed": 3, "stop": ["\n"], "stream": True, "n": 4, "user": "u", "model": "gpt-5"},
    )
    with ChatServer(lambda _: Reply(text="yes", logprobs=[-0.1, -0.3])) as server:
        [answer] = ask(model(server, logprobs=True, params={"temperature": 0.2, "top_k": 1}), request)
    assert answer.text == "yes"
    assert (answer.model, answer.finish_reason, answer.error) == (MODEL, "stop", None)
    assert (answer.input_tokens, answer.output_tokens) == (7, 3)
    assert answer.confidence == pytest.approx(0.8187, abs=1e-4)
    assert answer.latency_ms is not None
    assert answer.latency_ms > 0
    assert answer.dropped_params == []
    assert server.requests == [
        {
            "model": "tiny",
            "messages": request.messages,
            "tools": tools,
            "tool_choice": "auto",
            "response_format": {"type": "json_object"},
            "temperature": 0.2,
            "top_k": 1,
            "seed": 3,
            "stop": ["\n"],
            "logprobs": True,
        }
    ]


CALLS = [
    {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"id": 1}'}},
    {"id": "c2", "type": "function", "function": {"name": "close", "arguments": "not JSON"}},
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(text="two words"), Completion(text="two words", finish_reason="stop")),
        (Reply(text="dear", finish_reason="length"), Completion(text="dear", finish_reason="length")),
        (Reply(refusal="I will not."), Completion(refusal="I will not.", finish_reason="stop")),
        (
            Reply(tool_calls=CALLS, finish_reason="tool_calls"),
            Completion(
                tool_calls=[ToolCall("find", '{"id": 1}', "c1"), ToolCall("close", "not JSON", "c2")],
                finish_reason="tool_calls",
            ),
        ),
    ],
    ids=["text", "cut", "refusal", "tools"],
)
def test_a_stream_says_the_same_as_a_body(stream: bool, reply: Reply, expected: Completion) -> None:
    with ChatServer(lambda _: reply) as server:
        [answer] = ask(model(server, stream=stream), ASK)
    for name in ("text", "tool_calls", "finish_reason", "refusal", "error"):
        assert getattr(answer, name) == getattr(expected, name), name
    assert (answer.input_tokens, answer.output_tokens) == (7, 3)
    assert (answer.time_to_first_token_ms is not None) == stream


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (failure(400, "context length exceeded: temperature is fine"), "HTTP 400"),
        (failure(403, f"flagged {KEY}"), "HTTP 403"),
        (HANG, "no answer within"),
        (Reply(raw=b'{"choices": [}'), ""),
        (Reply(raw=b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'), ""),
        (Reply(raw=b"<html>gateway</html>", headers={"Content-Type": "text/html"}), ""),
        (Reply(raw=b'{"choices": []}'), ""),
        (Reply(raw=b'{"choices": null, "error": {"message": "overloaded"}}'), ""),
        (Reply(raw=b'{"choices": [{"message": {"content": 7}}]}'), ""),
        (Reply(raw=b""), ""),
        (Reply(raw=b"[]"), ""),
    ],
    ids=lambda value: (value.raw or b"other").decode(errors="ignore")[:30] if isinstance(value, Reply) else value,
)
def test_a_fault_is_an_answer_with_an_error(stream: bool, reply: Reply, said: str) -> None:
    with ChatServer(lambda _: reply) as server:
        [answer] = ask(model(server, stream=stream, timeout_s=1.0, api_key=KEY), ASK)
    assert answer.error
    assert said in answer.error
    assert KEY not in answer.error
    assert answer.text is None
    assert answer.latency_ms is not None


@pytest.mark.parametrize(
    ("reply", "said", "after_s"),
    [
        (failure(500, "boom"), "HTTP 500", None),
        (failure(429, "slow down", {"Retry-After": "1"}), "HTTP 429", 1.0),
        (failure(401, f"bad key {KEY}"), "HTTP 401", None),
        (failure(404, "no such model"), "HTTP 404", None),
        (Reply(text="half an answer, no more", share=0.5), "connection failed", None),
        (Reply(share=0.0), "connection failed", None),
    ],
    ids=["500", "429", "401", "404", "half", "nothing"],
)
def test_what_the_endpoint_is_to_blame_for_is_no_answer(reply: Reply, said: str, after_s: float | None) -> None:
    with ChatServer(lambda _: reply) as server, pytest.raises(RetryLater, match=said) as fault:
        ask(model(server, api_key=KEY), ASK)
    assert fault.value.after_s == after_s
    assert KEY not in str(fault.value)


def test_nobody_there_is_no_answer() -> None:
    with socket.socket() as taken:  # bound and not listening: nobody answers, and nobody else can take the port
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        candidate = connect("cand", Settings(base_url=url, model="m", max_retries=0))
        with pytest.raises(RetryLater, match="connection failed"):
            ask(candidate, ASK)
        with pytest.raises(UserError, match="start the server, or correct base_url"):
            asyncio.run(probed(candidate))


@pytest.mark.parametrize("first", [failure(503), failure(429), Reply(share=0.0)], ids=["503", "429", "cut"])
def test_a_passing_fault_is_tried_again(first: Reply) -> None:
    with ChatServer(in_turn(first, "yes")) as server:
        [answer] = ask(model(server, max_retries=1), ASK)
        assert (answer.text, len(server.requests)) == ("yes", 2)


def test_the_wait_that_the_server_asks_for_is_kept() -> None:
    with ChatServer(in_turn(failure(429, headers={"Retry-After": "1"}), "yes")) as server:
        started = time.monotonic()
        [answer] = ask(model(server, max_retries=1), ASK)
        assert answer.text == "yes"
        assert time.monotonic() - started >= 1.0


def test_a_request_that_is_wrong_is_not_tried_again() -> None:
    with ChatServer(lambda _: failure(400)) as server:
        [answer] = ask(model(server, max_retries=3), ASK)
        assert (answer.error or "", len(server.requests)) == ("the server answered HTTP 400: no", 1)


def test_the_time_limit_covers_the_retries_and_says_what_the_server_asked_for() -> None:
    with ChatServer(lambda _: failure(429, headers={"Retry-After": "60"})) as server:
        started = time.monotonic()
        with pytest.raises(RetryLater, match="HTTP 429") as fault:
            ask(model(server, max_retries=5, timeout_s=0.5), ASK)
        assert (fault.value.after_s, len(server.requests)) == (60.0, 1)
        assert time.monotonic() - started < 0.5


def test_a_refused_parameter_is_left_out_remembered_and_named() -> None:
    def answer(request: dict[str, Any]) -> str | Reply:
        refused = next((name for name in ("temperature", "seed") if name in request), None)
        return refuses(refused) if refused else "yes"

    request = Request(ASK.messages, params={"temperature": 0, "seed": 1, "mystery": 2})
    with ChatServer(answer) as server:
        first, second = ask(model(server), request, request)
        assert len(server.requests) == 4
    assert (first.text, second.text) == ("yes", "yes")
    assert first.dropped_params == second.dropped_params == ["mystery", "seed", "temperature"]


def test_a_refused_max_tokens_goes_by_its_newer_name() -> None:
    with ChatServer(lambda request: refuses("max_tokens") if "max_tokens" in request else "yes") as server:
        [answer] = ask(model(server), Request(ASK.messages, params={"max_tokens": 9}))
        assert server.requests[-1]["max_completion_tokens"] == 9
    assert (answer.text, answer.dropped_params) == ("yes", [])


def test_a_refused_schema_does_not_cost_another_one() -> None:
    def answer(request: dict[str, Any]) -> str | Reply:
        return refuses("response_format") if "bad" in json.dumps(request.get("response_format")) else "yes"

    good, bad = ({"type": "json_schema", "json_schema": {"name": n, "schema": {}}} for n in ("good", "bad"))
    with ChatServer(answer) as server:
        answers = ask(model(server), *(Request(ASK.messages, response_format=form) for form in (bad, good)))
        assert server.requests[-1]["response_format"] == good
    assert [answer.dropped_params for answer in answers] == [["response_format"], []]


def test_calls_run_at_the_same_time() -> None:
    async def run(candidate: OpenAIModel) -> list[Completion]:
        answers = await asyncio.gather(*(candidate.complete(ASK) for _ in range(20)))
        await candidate.close()
        return answers

    with ChatServer(lambda _: Reply(text="yes", delay_s=0.3)) as server:
        answers = asyncio.run(run(model(server)))
        assert server.max_concurrent > 10
    assert [answer.text for answer in answers] == ["yes"] * 20


def test_a_cancelled_call_is_cancelled() -> None:
    async def run(candidate: OpenAIModel) -> None:
        try:
            await asyncio.wait_for(candidate.complete(ASK), 0.2)
        finally:
            await candidate.close()

    with ChatServer(lambda _: HANG) as server, pytest.raises(TimeoutError):
        asyncio.run(run(model(server)))


async def probed(candidate: OpenAIModel) -> str:
    try:
        return await candidate.probe()
    finally:
        await candidate.close()


def test_probe_says_what_is_served_or_what_to_do() -> None:
    with ChatServer(lambda _: "ok", api_key=KEY) as server:
        assert asyncio.run(probed(model(server, api_key=KEY))).startswith(f"{MODEL} at {server.base_url} answered")
        with pytest.raises(UserError, match=r"models\.cand: .*HTTP 401.*env:NAME") as refused:
            asyncio.run(probed(model(server, api_key="sk-other")))
    assert "sk-other" not in str(refused.value)


def test_the_key_never_shows() -> None:
    settings = Settings.model_validate({"model": "m", "api_key": KEY})
    assert KEY not in repr(settings) + str(settings) + settings.model_dump_json() + repr(
        connect("c", settings).__dict__
    )


@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}", f"{KEY}\r", "sk-very\n-secret", "sk-very\u00e9-secret"])
def test_a_key_that_no_header_takes_is_refused_unseen(key: str) -> None:
    with pytest.raises(UserError) as refused:
        validate(Settings, {"model": "m", "api_key": key}, "models.cand")
    assert "models.cand: api_key: the key begins or ends in a space or a line break" in str(refused.value)
    assert "export the variable again" in str(refused.value)
    with pytest.raises(ValidationError) as direct:
        Settings.model_validate({"model": "m", "api_key": key})
    assert "sk-very" not in str(refused.value) + str(direct.value)


def test_a_failed_connection_never_says_the_key() -> None:
    """A client may name the header it cannot send; settings made without validation let it try."""
    with ChatServer(lambda _: "ok") as server:
        settings = Settings.model_construct(
            model="m", base_url=server.base_url, max_retries=0, api_key=SecretStr(f"{KEY}\n")
        )
        [answer] = ask(connect("cand", settings), ASK)
    assert answer.error
    assert KEY not in answer.error


def test_the_fingerprint_changes_with_what_changes_the_answers() -> None:
    base = {"model": "m", "base_url": "http://127.0.0.1:1/v1", "params": {"seed": 1, "top_k": 2}}

    def named(**change: Any) -> str:
        return connect("cand", Settings.model_validate({**base, **change})).fingerprint

    same = [
        named(),
        named(base_url="http://127.0.0.1:1/v1/"),
        named(params={"top_k": 2, "seed": 1}),
        named(timeout_s=9),
    ]
    other = [named(model="n"), named(params={}), named(prompt_version="2"), named(base_url="http://127.0.0.1:2/v1")]
    assert len(set(same)) == 1
    assert len({same[0], *other}) == 5
    assert same[0].startswith("cand@")
    assert len(same[0]) == len("cand@") + 8


@pytest.mark.parametrize("name", ["stream", "model", "messages", "n"])
def test_params_that_would_break_the_reading_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name} cannot be set here"):
        Settings(model="m", params={name: True})


SCHEMA = {"type": "json_schema", "json_schema": {"name": "v", "schema": {"type": "object"}}}


@pytest.mark.parametrize(
    ("refusal", "asked", "formats"),
    [
        (
            "'response_format.type' must be 'text'",
            "Reply with JSON.",
            ["json_schema", "json_object", "json_object", None],
        ),
        ("Invalid schema for response_format 'v'", "Reply with JSON.", ["json_schema", "json_object", "json_object"]),
        ("This response_format type is unavailable now", "Say yes.", ["json_schema", None]),
    ],
)
def test_a_server_that_refuses_a_schema_is_asked_for_json_and_then_for_text(
    refusal: str, asked: str, formats: list[str | None]
) -> None:
    taken = formats[-1]

    def answer(request: dict[str, Any]) -> str | Reply:
        form = request.get("response_format") or {}
        refused = form.get("type") != taken or "schema" in form
        return failure(400, refusal) if refused else "{}"

    request = Request([{"role": "user", "content": asked}], response_format=SCHEMA)
    with ChatServer(answer) as server:
        first, second = ask(model(server), request, request)
    sent = [(each.get("response_format") or {}).get("type") for each in server.requests]
    assert sent == [*formats, taken], "noticed once, and remembered"
    assert first.error is None
    assert first.dropped_params == second.dropped_params == ["response_format"]


def test_a_server_that_answers_500_to_a_schema_takes_it_in_another_form() -> None:
    def answer(request: dict[str, Any]) -> str | Reply:
        known = request["response_format"]["type"] == "json_object"
        return "{}" if known else failure(500, "('body', 'response_format', 'type'): Input should be 'json_object'")

    request = Request([{"role": "user", "content": "Reply with JSON."}], response_format=SCHEMA)
    with ChatServer(answer) as server:
        [said] = ask(model(server), request)
    assert said.error is None
    assert server.requests[-1]["response_format"] == {"type": "json_object", "schema": {"type": "object"}}
