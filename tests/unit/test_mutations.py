"""Spoilt answers: each kind changes what it says it changes, and nothing where there is nothing to change."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.types import Completion, ToolCall
from judge.calibration.mutations import MUTATIONS, applicable

TEXT = "We did not find order 4471, so Anna Berg from Lyon will call you on Tuesday before noon."
CALLS = [ToolCall("pay", '{"amount": 12, "to": "Ann"}'), ToolCall("log", "{}")]


def spoil(name: str, text: str | None, *others: str, calls: list[ToolCall] | None = None) -> Completion | None:
    answer = Completion(text=text, tool_calls=calls or [])
    return MUTATIONS[name](answer, [Completion(text=other) for other in others], Random(7))


@pytest.mark.parametrize(
    ("name", "text", "spoilt"),
    [
        ("dropped_negation", "We did not find it.", "We did find it."),
        ("dropped_negation", "It doesn't fit.", "It does fit."),
        ("dropped_negation", "You cannot return it.", "You can return it."),
        ("dropped_negation", "It fits.", None),
        ("dropped_negation", "A knot, nothing noted.", None),
        ("changed_number", "no number", None),
        ("changed_number", "model A4x and v2", None),
        ("swapped_entity", "nobody is named here", None),
        ("truncated", "too short to cut", None),
        ("truncated", "one two three four five six seven eight", "one two three four"),
        ("wrong_label", "a sentence that is far too long to be a label of anything", None),
    ],
)
def test_words(name: str, text: str, spoilt: str | None) -> None:
    made = spoil(name, text)
    assert (made.text if made else None) == spoilt


def test_a_number_changes_by_one_digit() -> None:
    made = spoil("changed_number", "The total is 318.50 EUR.")
    assert made is not None
    assert made.text is not None
    assert len(made.text) == len("The total is 318.50 EUR.")
    assert sum(a != b for a, b in zip(made.text, "The total is 318.50 EUR.", strict=True)) == 1


def test_a_name_and_a_label_come_from_other_answers() -> None:
    name = spoil("swapped_entity", "Please ask for Anna Berg today.", "You can call on Carl Dorn now.")
    assert name is not None
    assert name.text == "Please ask for Carl Dorn today."
    label = spoil("wrong_label", "billing", "billing", "access", "a sentence that is far too long to be a label at all")
    assert label is not None
    assert label.text == "access"
    assert spoil("wrong_label", "billing", "billing") is None
    assert spoil("wrong_label", '{"a": 1}', "access") is None


def test_tool_calls() -> None:
    dropped = spoil("dropped_tool_call", None, calls=CALLS)
    lacking = spoil("dropped_argument", None, calls=CALLS)
    changed = spoil("changed_argument", None, calls=CALLS)
    assert dropped is not None
    assert len(dropped.tool_calls) == 1
    assert lacking is not None
    assert len(json.loads(lacking.tool_calls[0].arguments)) == 1
    assert changed is not None
    assert changed.tool_calls[0].arguments != CALLS[0].arguments
    assert set(json.loads(changed.tool_calls[0].arguments)) == {"amount", "to"}
    assert spoil("changed_argument", None, calls=[ToolCall("log", "not json")]) is None


def test_every_kind_that_applies_is_made_and_the_same_each_time() -> None:
    answer = Completion(text=TEXT, tool_calls=CALLS)
    others = [Completion(text="You can ask for Carl Dorn.")]
    made = applicable(answer, others, "pair-1")
    assert set(made) == set(MUTATIONS) - {"wrong_label"}
    assert made == applicable(answer, others, "pair-1")


@given(st.text(), st.lists(st.text(), max_size=3), st.text())
def test_any_text_can_be_tried_and_what_is_made_differs(text: str, others: list[str], seed: str) -> None:
    answer = Completion(text=text)
    assert answer not in applicable(answer, [Completion(text=other) for other in others], seed).values()
