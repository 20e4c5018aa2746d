"""When two texts read the same, when a text is JSON, when two JSON values are the same: tables of cases."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.checking.check import Found
from judge.checking.example import Example
from judge.checking.reading import Unreadable, folded, json_of, unpunctuated
from judge.checks.json_agreement import JsonAgreement
from judge.outcomes import Status


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Hello, world!", "hello world", True),
        ("It’s  fine", "it's fine", True),
        ("ﬁle №1", "file no1", True),
        ("Straße", "STRASSE", True),
        ("soft\u00adware", "software", True),
        ("« Oui. »", "oui", True),
        ("1.5", "15", False),
        ("1,5", "15", False),
        ("costs .5", "costs 5", False),
        ("-5", "5", False),
        ("10:30", "1030", False),
        ("2026-01-02", "20260102", False),
        ("5 %", "5", False),
        ("C#", "C", False),
        ("5€", "5$", False),
        ("not billing", "billing", False),
        ("order A-5.", "order A 5", True),
        ("I paid 5.", "I paid 5", True),
    ],
)
def test_unpunctuated(one: str, other: str, same: bool) -> None:
    assert (unpunctuated(one) == unpunctuated(other)) is same


@given(st.text())
def test_forms_are_stable(text: str) -> None:
    assert unpunctuated(unpunctuated(text)) == unpunctuated(text) or any(char.isdigit() for char in text)
    assert " ".join(folded(text).split()) == folded(text)


@pytest.mark.parametrize(
    "text", ["", "yes", "```json\n{}\n```", "{} and more", '{"a": NaN}', '{"a": 1,}', "{'a': 1}", "[" * 100_000]
)
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(Unreadable):
        json_of(text)


@pytest.mark.parametrize(
    ("settings", "one", "other", "same"),
    [
        ({}, '{"a": 1}', '{"a": 1.0}', True),
        ({}, '{"a": 1}', '{"a": "1"}', False),
        ({}, '{"a": 1}', '{"a": true}', False),
        ({}, '{"a": 0}', '{"a": false}', False),
        ({}, '{"a": [1, {"b": true}]}', '{"a": [1, {"b": 1}]}', False),
        ({}, '{"a": [1, 2]}', '{"a": [2, 1]}', False),
        ({}, '{"a": null}', "{}", False),
        ({}, '{"a": null}', '{"a": ""}', False),
        ({"fields": {"a": "ignore"}}, '{"a": 1, "b": 2}', '{"b": 2}', True),
        ({"others": "ignore", "fields": {"b": "exact"}}, '{"a": 1, "b": 2}', '{"a": 7, "b": 2}', True),
        ({"others": "folded"}, '{"a": ["X "]}', '{"a": ["x"]}', True),
        ({"fields": {"a": {"within": 0.1}}}, '{"a": "1.05"}', '{"a": 1.1}', True),
        ({"fields": {"a": {"within": 0.1}}}, '{"a": 1}', '{"a": 1.2}', False),
        ({"fields": {"a": {"within": 0.1}}}, '{"a": "nan"}', '{"a": "nan"}', False),
        ({"fields": {"a": {"within": 1}}}, '{"a": true}', '{"a": 1}', False),
        ({"fields": {"a": {"within": 1}}}, '{"a": "one"}', '{"a": "one"}', False),
    ],
)
def test_json_agreement(settings: dict[str, Any], one: str, other: str, same: bool) -> None:
    check = JsonAgreement.model_validate(settings)
    for production, candidate in ((one, other), (other, one)):
        found: Found = check(Example(production=production, candidate=candidate).pair())
        assert (found.status is Status.PASS) is same, found.detail
