"""The signs never miss what a rule masks, however the value is written, so the quick way and the slow one agree."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.interaction import Interaction
from connectors.types import Completion, ToolCall
from shadow.scrub import scrub, scrub_all, scrub_completion, scrub_completions, scrub_text
from shadow.scrub.signs import suspects
from tests.unit.test_scrub_interaction import PLACES, interaction, message, request
from tests.unit.test_scrub_text import MASKED, documents, texts

PLAIN = (
    "Where is my parcel? It is the second time in 12 days.",
    "Order ORD-20391, invoice INV-2024-00017, 2024-05-17 10:20:30, 1,234,567.89 EUR",
    "123e4567-e89b-12d3-a456-426614174000, version 4.12.3, 0x1f2e, 1732329774123, ticket 4155552671",
    "Wäre das möglich?\nJa – für 5 € @home",
    '{"label": "billing", "score": 0.25}',
)
LABELLED = (
    {"phone": "4155552671"}, {"Mobile number": ["x", ["4155552671"]]}, {"tel.": 4155552671},
    {"fax": '{"a": "61 51 81"}'},
    {"a": "WhatsApp\t615181"}, {"a": "61 51 81\toffice"}, {"ssn": "536904399"}, {"a": "MOBıLE 4155552671"},
    {"a": "٠٤٧٩ ٥٠ ٥٤ ٠٣"}, {"a": '{"b": "call\\n4155552671", "c": "030\\/1234567"}'},
)  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _few_go_by_their_signs_too() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shadow.scrub.batch.FEW", 0)
        yield


def written(value: Any) -> list[str]:
    """The ways in which a text may lie in a batch: as it is, as JSON, and as JSON within JSON."""
    once = msgspec.json.encode(value).decode()
    return [value, once, msgspec.json.encode([once]).decode(), json.dumps(json.dumps({"k": value}), ensure_ascii=True)]


@pytest.mark.parametrize("text", [text for text, _ in MASKED])
def test_what_is_masked_has_a_sign_however_it_is_written(text: str) -> None:
    assert all(suspects(written(text)))


def test_ordinary_texts_have_none() -> None:
    assert suspects([form for text in PLAIN for form in written(text)[:2]]) == [False] * (2 * len(PLAIN))


def agree(whole: Interaction) -> None:
    [quick] = scrub_all([whole])
    slow = scrub(whole)
    assert not isinstance(quick, Exception)
    assert (quick.interaction, dict(quick.counts)) == (slow.interaction, dict(slow.counts))


@pytest.mark.parametrize("whole", [*PLACES.values(), *(message(content) for content in LABELLED)])
def test_both_ways_agree_on_known_places(whole: Interaction) -> None:
    agree(whole)


@settings(max_examples=400, deadline=None)
@given(texts)
def test_a_text_without_a_sign_is_clean(text: str) -> None:
    assert suspects([text])[0] or scrub_text(text) == (text, {})


values = documents | st.sampled_from(LABELLED)


@settings(max_examples=300, deadline=None)
@given(values, values, st.dictionaries(texts, texts, max_size=2), texts)
def test_both_ways_agree_on_anything(content: Any, truth: Any, tags: dict[str, str], text: str) -> None:
    agree(
        interaction(
            request=message(content).request,
            ground_truth=truth,
            tags=tags,
            subject_key=text,
            response=Completion(text=text, tool_calls=[ToolCall("f", json.dumps(content))]),
        )
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(texts, max_size=5))
def test_answers_are_scrubbed_alike_one_by_one_and_together(answers: list[str]) -> None:
    completions = [Completion(text=text, latency_ms=1.0) for text in answers]
    together = [(answer, dict(counts)) for answer, counts in map(_sound, scrub_completions(completions))]
    assert together == [(answer, dict(counts)) for answer, counts in map(scrub_completion, completions)]


def _sound(result: Any) -> Any:
    assert not isinstance(result, Exception)
    return result


def test_one_that_cannot_be_scrubbed_stands_alone() -> None:
    deep: Any = "jo@example.org"
    for _ in range(5000):
        deep = [deep]
    first, second, third = scrub_all([message("hello"), message(deep), request(tool_choice="jo@example.org")])
    assert not isinstance(first, Exception)
    assert isinstance(second, ValueError)
    assert not isinstance(third, Exception)
    assert third.counts == {"email": 1}


def test_a_text_that_is_no_unicode_is_walked() -> None:
    [result] = scrub_completions([Completion(text="\ud800 jo@example.org")])
    assert not isinstance(result, Exception)
    assert result[0].text == "\ud800 <EMAIL>"
