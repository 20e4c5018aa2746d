"""Every file in judge/checks: one check, examples that pass and fail, a place in the documentation."""

import importlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import UserError
from connectors.types import Completion, ToolCall
from judge.checking.check import Check, Found
from judge.checking.example import Example
from judge.checking.loading import LoadedCheck, check_class, checks_version, known_checks, load_checks
from judge.checking.page import page
from judge.outcomes import Severity, Status
from shadow.config import CheckSettings

DOCS = Path(__file__).parents[2] / "docs" / "checks.md"


def examples(name: str) -> list[Any]:
    module = importlib.import_module(f"judge.checks.{name}")
    assert module.PASSES, f"judge/checks/{name}.py has no example that passes"
    assert module.FAILS, f"judge/checks/{name}.py has no example that fails"
    return [(Status.PASS, each) for each in module.PASSES] + [(Status.FAIL, each) for each in module.FAILS]


@pytest.mark.parametrize(
    ("name", "status", "example"), [(name, *each) for name in known_checks() for each in examples(name)]
)
def test_example(name: str, status: Status, example: Example) -> None:
    found = check_class(name).model_validate(example.settings)(example.pair())
    assert found.status is status, found.detail
    assert bool(found.detail) == (status is Status.FAIL)


@pytest.mark.parametrize("name", known_checks())
def test_says_what_it_does_and_what_every_key_means(name: str) -> None:
    check = check_class(name)
    assert check.__doc__
    assert check.__doc__ != Check.__doc__
    assert not [key for key, field in check.model_fields.items() if not field.description]


def test_the_documentation_is_what_the_checks_say() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert page(text) == text, "run make docs"


def test_a_page_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="make docs"):
        page("# Checks")


def test_what_the_documentation_shows_can_be_used() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        for workflow, table in tomllib.loads(block)["workflows"].items():
            assert load_checks(workflow, [CheckSettings(**each) for each in table["checks"]], "docs")
    (source,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(source, names)  # the check that the page tells people to write
    for status, each in [(Status.PASS, *names["PASSES"]), (Status.FAIL, *names["FAILS"])]:
        assert names["MaxLength"].model_validate(each.settings)(each.pair()).status is status


def test_checks_that_configurations_name_are_there() -> None:
    wanted = {"json_schema", "label_in_set", "label_agreement", "json_agreement", "text_agreement", "latency_limit"}
    assert wanted <= set(known_checks())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"check": "label_in_sett"},
            "f.toml: workflows.w.checks: unknown check 'label_in_sett'; did you mean 'label_in",
        ),
        ({"check": "latency_limit", "max_mss": 5, "max_ms": 5}, "unknown key 'max_mss'; did you mean 'max_ms'?"),
        ({"check": "label_in_set"}, "f.toml: workflows.w.checks.label_in_set: the key 'labels' is missing"),
        ({"check": "json_schema", "json_schema": {"type": "strin"}}, "not a JSON Schema"),
        ({"check": "json_schema", "json_schema": {"$ref": "http://127.0.0.1:1/"}}, "not a JSON Schema"),
        ({"check": "text_agreement", "compare": "fuzzy"}, "should be 'exact', 'folded' or 'normalised'"),
        ({"check": "label_agreement", "labels": ["a", "A "]}, "differ in case or white space only"),
        ({"check": "label_agreement", "labels": ["a"], "aliases": {"x": "b"}}, "which is not in labels"),
        ({"check": "latency_limit", "max_ms": 0}, "greater than 0"),
    ],
)
def test_a_mistake_in_the_configuration_is_a_sentence(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as error:
        load_checks("w", [CheckSettings(**settings)], "f.toml")
    assert sentence in str(error.value)


def test_the_same_check_twice_needs_a_name_to_tell_them_apart() -> None:
    twice = [CheckSettings(check="text_agreement"), CheckSettings(check="text_agreement", severity="minor")]
    with pytest.raises(UserError, match=r"'text_agreement' is there twice; tell them apart with a `name"):
        load_checks("w", twice, "f.toml")
    named = [twice[0], CheckSettings(check="text_agreement", name="near")]
    assert [each.name for each in load_checks("w", named, "f.toml")] == ["text_agreement", "near"]


@pytest.mark.parametrize("name", ["json_schema", "candidate_error"])
def test_a_name_is_never_that_of_another_check(name: str) -> None:
    with pytest.raises(UserError, match="is taken by a check"):
        load_checks("w", [CheckSettings(check="text_agreement", name=name)], "f.toml")


def test_a_name_is_part_of_the_version() -> None:
    plain, named = CheckSettings(check="text_agreement"), CheckSettings(check="text_agreement", name="near")
    assert checks_version(load_checks("w", [plain], "")) != checks_version(load_checks("w", [named], ""))


def test_severity_comes_from_the_configuration_or_from_the_check() -> None:
    settings = [
        CheckSettings(check="text_agreement"),
        CheckSettings(check="label_agreement", severity="critical"),
        CheckSettings(**{"check": "latency_limit", "max_ms": 5}),
    ]
    assert [each.severity for each in load_checks("w", settings, "")] == [Severity.MAJOR, Severity.CRITICAL, None]


def test_the_version_changes_with_what_a_check_means_and_with_nothing_else() -> None:
    def version(*settings: dict[str, Any]) -> str:
        return checks_version(load_checks("w", [CheckSettings(**each) for each in settings], ""))

    label, text = {"check": "label_agreement"}, {"check": "text_agreement"}
    versions = {
        version(),
        version(text),
        version(text, label),
        version(text, {**label, "severity": "minor"}),
        version(text, {**label, "aliases": {"a": "b"}}),
    }
    assert len(versions) == 5
    assert version(text, label) == version(label, text) == version({**text, "compare": "normalised"}, label)
    newer = type("Newer", (check_class("text_agreement"),), {"version": 2})
    loaded = [LoadedCheck("text_agreement", newer(), Severity.MAJOR)]
    assert checks_version(loaded) != version(text)


def found(name: str, example: Example, **pair: Any) -> Found:
    whole = example.pair()
    changed = type(whole)(**{field: getattr(whole, field) for field in whole.__struct_fields__} | pair)
    check: Check = check_class(name).model_validate(example.settings)
    return check(changed)


TOOL = Completion(tool_calls=[ToolCall("find", "{}")])
SCHEMA = {"json_schema": {"type": "object"}}


@pytest.mark.parametrize(
    ("name", "example", "pair", "expected"),
    [
        (
            "json_schema",
            Example(candidate="x"),
            {},
            Found(Status.SKIP, "neither the check nor the request has a schema"),
        ),
        (
            "json_schema",
            Example(candidate="", settings=SCHEMA),
            {"candidate": TOOL},
            Found(Status.SKIP, "candidate answered with tool calls only"),
        ),
        (
            "latency_limit",
            Example(candidate="x", settings={"max_ms": 5}),
            {},
            Found(Status.SKIP, "no latency was recorded"),
        ),
        (
            "text_agreement",
            Example(candidate="x"),
            {"production": Completion(error="timed out")},
            Found(Status.SKIP, "production gave no answer: timed out"),
        ),
        (
            "text_agreement",
            Example(candidate="x", truth="x"),
            {"production": Completion(error="timed out")},
            Found(Status.FAIL, "production gave no answer", "candidate"),
        ),
        (
            "text_agreement",
            Example(candidate="x"),
            {"production": Completion(refusal="no"), "candidate": TOOL},
            Found(Status.FAIL, "production refused to answer; candidate answered with tool calls only"),
        ),
        (
            "label_agreement",
            Example(production="a", candidate="b", truth="A"),
            {},
            Found(Status.FAIL, "candidate and truth differ: 'b' against 'a'", "production"),
        ),
        (
            "label_agreement",
            Example(production="b", candidate="a", truth="a"),
            {},
            Found(Status.FAIL, "production and candidate differ: 'b' against 'a'", "candidate"),
        ),
        ("label_agreement", Example(production="a", candidate="A", truth="a"), {}, Found(Status.PASS, "", "both")),
        (
            "json_agreement",
            Example(production="{}", candidate="nonsense", truth="{}"),
            {},
            Found(Status.FAIL, "candidate did not answer in JSON", "production"),
        ),
    ],
)
def test_what_is_found(name: str, example: Example, pair: dict[str, Any], expected: Found) -> None:
    assert found(name, example, **pair) == expected


def test_a_schema_in_a_request_never_makes_us_fetch_anything() -> None:
    asked = {"type": "json_schema", "json_schema": {"schema": {"$ref": "http://127.0.0.1:1/schema.json"}}}
    with pytest.raises(ValueError, match="Retrieval is disabled"):
        found("json_schema", Example(candidate="{}", response_format=asked))


@pytest.mark.parametrize("truth", [7, ["billing"], {"other": "billing"}, "sales"])
def test_ground_truth_of_another_form_is_never_a_pass(truth: Any) -> None:
    settings = {"labels": ["billing"], "field": "queue"}
    billing = '{"queue": "billing"}'
    with pytest.raises(Exception, match="gave"):
        found("label_agreement", Example(production=billing, candidate=billing, truth=truth, settings=settings))
