"""Every string of an interaction that is not an id is scrubbed."""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from connectors.interaction import VERSION, Interaction
from connectors.types import Completion, Request, ToolCall
from shadow.scrub import scrub, scrub_completion

MAIL = "jo@example.org"


def interaction(**changes: Any) -> Interaction:
    plain: dict[str, Any] = {
        "schema": VERSION,
        "workflow": "triage",
        "request_id": "r-1",
        "occurred_at": datetime(2026, 11, 23, tzinfo=UTC),
        "request": Request(messages=[{"role": "user", "content": "hello"}]),
        "response": Completion(text="billing", latency_ms=3.0),
    }
    return Interaction(**(plain | changes))


def request(**changes: Any) -> Interaction:
    return interaction(request=Request(**({"messages": []} | changes)))


def message(content: Any, **more: Any) -> Interaction:
    return request(messages=[{"role": "user", "content": content, **more}])


PLACES = {
    "content": message(f"I am {MAIL}"),
    "a part": message([{"type": "text", "text": MAIL}, {"type": "image_url", "image_url": {"url": "https://x/y.png"}}]),
    "a name": message("hello", name=MAIL),
    "a tool call in the history": message(
        None, tool_calls=[{"function": {"name": "f", "arguments": f'{{"to": "{MAIL}"}}'}}]
    ),
    "a key": message({MAIL: 1}),
    "tools": request(tools=[{"function": {"name": "f", "description": f"ask {MAIL}"}}]),
    "tool_choice": request(tool_choice=MAIL),
    "response_format": request(response_format={"json_schema": {"schema": {"enum": [MAIL]}}}),
    "params": request(params={"stop": ["x", MAIL]}),
    "text": interaction(response=Completion(text=MAIL)),
    "refusal": interaction(response=Completion(refusal=MAIL)),
    "error": interaction(response=Completion(error=f"no such mailbox {MAIL}")),
    "arguments": interaction(response=Completion(tool_calls=[ToolCall("f", f'{{"to": "{MAIL}"}}', "id-1")])),
    "invalid arguments": interaction(response=Completion(tool_calls=[ToolCall("f", f'{{"to": "{MAIL}', "id-1")])),
    "tags": interaction(tags={"from": MAIL}),
    "ground_truth": interaction(ground_truth={"to": [MAIL]}),
    "a bare ground_truth": interaction(ground_truth=MAIL),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_value_is_masked_wherever_it_stands(place: str) -> None:
    before = msgspec.json.encode(PLACES[place])
    result = scrub(PLACES[place])
    after = msgspec.json.encode(result.interaction)
    assert before.count(MAIL.encode()) == 1
    assert after == before.replace(MAIL.encode(), b"<EMAIL>")
    assert result.counts == {"email": 1}


def test_what_is_not_personal_stays_as_it_was() -> None:
    whole = interaction(
        request=Request(
            messages=[{"role": "system", "content": "sort"}, {"role": "user", "content": "order ORD-20391"}],
            params={"seed": 4111111111111111, "temperature": 0.5, "stop": None},
            tool_choice={"type": "function"},
        ),
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
        span_id="0000415-555-2671",
        request_id="415-555-2671",
        ground_truth={"n": 1.5, "ok": True},
        tags={"tier": "gold"},
    )
    assert scrub(whole).interaction == whole
    assert scrub(whole).counts == {}


def test_the_subject_becomes_a_pseudonym_that_stays_the_same() -> None:
    keys = [scrub(interaction(subject_key=key)).interaction.subject_key for key in (MAIL, MAIL, "other")]
    assert re.fullmatch(r"[0-9a-f]{32}", keys[0] or "")
    assert keys[0] == keys[1] != keys[2]
    assert scrub(interaction()).interaction.subject_key is None


def test_two_keys_with_the_same_mask_both_stay() -> None:
    result = scrub(message({"a@b.org": 1, "c@d.org": 2, "<EMAIL>": 3}))
    assert result.interaction.request.messages[0]["content"] == {"<EMAIL>": 1, "<EMAIL> 2": 2, "<EMAIL> 3": 3}


def test_a_key_says_what_the_value_is() -> None:
    result = scrub(
        interaction(tags={"phone": "4155552671", "order": "4155552671"}, ground_truth={"mobile": 4155552671})
    )
    assert result.interaction.tags == {"phone": "<PHONE>", "order": "4155552671"}
    assert result.interaction.ground_truth == {"mobile": "<PHONE>"}


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        {"type": "file", "file": {"file_data": "JVBERi0=", "filename": "a.pdf"}},
    ],
)
def test_files_are_left_out(part: dict[str, Any]) -> None:
    result = scrub(message([part]))
    assert "<DATA>" in str(result.interaction.request)
    assert "==" not in str(result.interaction.request) + str(result.counts)
    assert result.counts == {"data": 1}
    assert scrub(result.interaction).counts == {}


def test_an_answer_of_the_candidate_is_scrubbed_alike() -> None:
    clean, counts = scrub_completion(Completion(text=MAIL, tool_calls=[ToolCall("f", "{}")], latency_ms=1.0))
    assert clean == Completion(text="<EMAIL>", tool_calls=[ToolCall("f", "{}")], latency_ms=1.0)
    assert counts == {"email": 1}


def test_what_nests_too_deeply_is_refused_with_a_plain_error() -> None:
    deep: Any = MAIL
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deeply"):
        scrub(message(deep))
    scrub_completion(Completion(text="[" * 100_000))
