"""Differences: joined spans are the answers themselves, and nothing that differs goes unmarked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.parts.marks import MAX_FIELDS, MAX_TOKENS, fields, words


@pytest.mark.parametrize(
    ("left", "right", "marked_left", "marked_right"),
    [
        ("the same", "the same", [], []),
        ("by 5 pm today", "by 6 pm today", ["5"], ["6"]),
        ("to the billing queue", "to the access desk now", ["billing queue"], ["access desk now"]),
        ("yes", "", ["yes"], []),
        ("order 12, please", "order 12", [", please"], []),
        ("Billing", "billing", ["Billing"], ["billing"]),
        ("a b", "a  b", [" "], ["  "]),
    ],
)
def test_words_that_differ_are_marked(left: str, right: str, marked_left: list[str], marked_right: list[str]) -> None:
    marked = words(left, right)
    assert marked is not None
    assert [[span.text for span in side if span.differs] for side in marked] == [marked_left, marked_right]


@given(st.text(max_size=80), st.text(max_size=80))
def test_spans_join_to_the_answers_and_equal_parts_are_equal(left: str, right: str) -> None:
    marked = words(left, right)
    assert marked is not None
    assert ["".join(span.text for span in side) for side in marked] == [left, right]
    unmarked = ["".join(span.text for span in side if not span.differs) for side in marked]
    assert "".join(unmarked[0].split()) == "".join(unmarked[1].split())
    assert (left == right) == (not any(span.differs for side in marked for span in side))


def test_answers_too_long_to_compare_are_not_compared() -> None:
    assert words("a " * MAX_TOKENS, "b") is None


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ('{"id": "A1"}', '{"id":"A1"}', [("id", '"A1"', '"A1"', False)]),
        ('{"id": "1"}', '{"id": 1}', [("id", '"1"', "1", True)]),
        ('{"a": {"b": [1, 2]}}', '{"a": {"b": [1]}}', [("a.b[0]", "1", "1", False), ("a.b[1]", "2", None, True)]),
        ('{"a": null}', '{"b": null}', [("a", "null", None, True), ("b", None, "null", True)]),
        ('{"a.b": 1}', '{"a": {"b": 1}}', [('"a.b"', "1", None, True), ("a.b", None, "1", True)]),
        ('{"a": {}}', '{"a": []}', [("a", "{}", "[]", True)]),
    ],
)
def test_json_is_compared_field_by_field(left: str, right: str, expected: list[tuple[object, ...]]) -> None:
    compared = fields(left, right)
    assert compared is not None
    assert [(field.path, field.left, field.right, field.differs) for field in compared] == expected


@pytest.mark.parametrize(
    ("left", "right"),
    [("plain", '{"a": 1}'), ("1", "2"), ('{"a": 1}', '{"a": 1'), ("{}", "{}"), ("[" * 5000, "[" * 5000)],
)
def test_anything_else_is_not_json_to_compare(left: str, right: str) -> None:
    assert fields(left, right) is None


def test_more_fields_than_a_person_reads_are_not_listed() -> None:
    assert fields(str(list(range(MAX_FIELDS + 1))), "[1]") is None
