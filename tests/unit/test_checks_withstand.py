"""No answer makes a check raise: whatever a model writes, every check says PASS, FAIL or SKIP, in bounded time."""

import importlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.types import Completion, Request, ToolCall
from judge.checking.check import Check
from judge.checking.example import Example
from judge.checking.loading import LoadedCheck, check_class, known_checks
from judge.checking.reading import LONGEST
from judge.checking.settle import examine, settle
from judge.outcomes import Severity, Status
from shadow.types import Pair

ANY = st.text(st.characters(exclude_categories=()), max_size=200)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | ANY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "queue", "n"]) | ANY, inner),
    max_leaves=8,
)
BROKEN = st.sampled_from(
    [
        "", " ", "\x00", "\ud800", "{", "NaN", '{"id": NaN}', '{"id": Infinity}', "[" * 20_000, '{"a":' * 20_000,
        '{"id": "\\ud800"}', "1e999", "-", "٣٫١٤", '"' * 50, "```", "```json\n{}\n```", "<<>>", "9" * 5_000,
    ]
)  # fmt: skip


def as_json(value: Any) -> str:
    """As Python writes it, NaN included."""
    return json.dumps(value)


TEXTS = st.none() | ANY | BROKEN | JSON.map(as_json)
CALLS = st.lists(st.builds(ToolCall, ANY | st.just("refund"), ANY | BROKEN | JSON.map(as_json)), max_size=3)
ANSWERS = st.builds(
    Completion,
    text=TEXTS,
    tool_calls=CALLS,
    finish_reason=st.none() | ANY,
    refusal=st.none() | ANY,
    latency_ms=st.none() | st.floats(allow_nan=False),
    input_tokens=st.none() | st.integers(0, 2**63 - 1),
    output_tokens=st.none() | st.integers(0, 2**63 - 1),
)
TOOLS = st.none() | st.lists(st.dictionaries(st.sampled_from(["function", "type"]), JSON), max_size=2)


def loaded(name: str) -> list[LoadedCheck]:
    """The check once with the settings of each of its examples."""
    module = importlib.import_module(f"judge.checks.{name}")
    each_once: list[Check] = []
    for example in [*module.PASSES, *module.FAILS]:
        check = check_class(name).model_validate(example.settings)
        if check not in each_once:
            each_once.append(check)
    return [LoadedCheck(f"{name}{number}", check, Severity.MAJOR) for number, check in enumerate(each_once)]


CHECKS = {name: loaded(name) for name in known_checks()}


def pair(production: Completion, candidate: Completion, **request: Any) -> Pair:
    whole = Example().pair()
    given = {field: getattr(whole, field) for field in whole.__struct_fields__}
    asked = Request([{"role": "user", "content": "Order 4711?"}], **request)
    return Pair(**given | {"production": production, "candidate": candidate, "request": asked})


def errors(name: str, seen: Pair) -> list[str]:
    results = examine(CHECKS[name], seen)
    settle(results)
    return [f"{each.name}: {each.detail}" for each in results if each.status is Status.ERROR]


@pytest.mark.parametrize("name", known_checks())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(production=ANSWERS, candidate=ANSWERS, tools=TOOLS)
def test_no_answer_makes_it_raise(
    name: str, production: Completion, candidate: Completion, tools: list[dict[str, Any]] | None
) -> None:
    assert not errors(name, pair(production, candidate, tools=tools))


BIG, TEN_MB = 100_000, 10_000_000
SHAPES = {
    "words": "Order 4711 costs 1,250.00 EUR. ",
    "marks": "...!?",
    "digits": "7",
    "spaces": " \t",
    "brackets": "[{<(*",
    "capitals": "A-B'",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", known_checks())
def test_time_grows_with_the_length_and_no_faster(name: str, shape: str) -> None:
    """Where it grew with the square of the length, this would run into the time limit."""
    unit = SHAPES[shape]
    text = "x" + unit * (BIG // len(unit)) + "x"
    assert not errors(name, pair(Completion(text=text[:-1]), Completion(text=text)))


@pytest.mark.parametrize("name", known_checks())
def test_ten_megabytes_make_it_raise_no_more_than_a_word(name: str) -> None:
    huge = Completion(text="7 " * (TEN_MB // 2), tool_calls=[ToolCall("refund", "[" * TEN_MB)])
    assert not errors(name, pair(huge, huge))


@pytest.mark.parametrize("name", ["json_schema", "text_agreement", "numeric_agreement", "length", "forbidden_terms"])
def test_an_answer_longer_than_a_check_reads_is_no_pass(name: str) -> None:
    long = Completion(text="7" * (LONGEST + 1))
    results = examine(CHECKS[name], pair(long, long))
    assert {each.status for each in results} <= {Status.FAIL, Status.SKIP}
    assert any("more than the 1000000 that a check reads" in each.detail for each in results)
