"""The example configuration is valid as it stands, and complete; so is its reference page."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from connectors import folder
from judge.checking.loading import load_checks
from shadow import config
from shadow.config import load, validate
from shadow.demands import Budgets
from tests.unit.reference import EXAMPLE, REFERENCE, rows, settings_classes

OPENED = re.sub(r"^#(?=\S)", "", EXAMPLE.read_text(), flags=re.MULTILINE)


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KAFKA_PASSWORD", "STORE_TOKEN", "OPENAI_API_KEY", "VLLM_API_KEY", "OIDC_CLIENT_SECRET", "SCRUB_KEY"):
        monkeypatch.setenv(name, "x" * 16)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "x" * 16)
    for name in ("COOKIE_SECRET", "GATE_TOKEN"):
        monkeypatch.setenv(name, "x" * 32)


@pytest.mark.parametrize("text", [EXAMPLE.read_text(), OPENED], ids=["as it stands", "with every key opened"])
def test_the_example_is_valid_to_the_last_table(tmp_path: Path, text: str) -> None:
    path = tmp_path / "shadowjudge.toml"
    path.write_text(text)
    settings = load(path)
    source = folder.load("sources", settings.source.kind, "source")
    validate(source.Settings, settings.source.settings, "source")
    for name, model in settings.models.items():
        validate(folder.load("models", model.kind, name).Settings, model.settings, name)
    for name, workflow in settings.workflows.items():
        assert load_checks(name, workflow.checks, str(path))


def test_a_key_that_is_commented_out_shows_its_default_or_has_none() -> None:
    stands, opened = tomllib.loads(EXAMPLE.read_text()), tomllib.loads(OPENED)
    kafka = folder.load("sources", "kafka", "").Settings
    for table, settings in (
        ("mirror", config.MirrorSettings),
        ("dashboard", config.DashboardSettings),
        ("source", kafka),
    ):
        _assert_defaults(settings, stands[table], opened[table])
    triage, all_of_it = stands["workflows"]["ticket-triage"], opened["workflows"]["ticket-triage"]
    _assert_defaults(config.Workflow, triage, all_of_it)
    for table, settings in (
        ("scrub", config.ScrubSettings),
        ("judge", config.WorkflowJudge),
        ("budgets", Budgets),
    ):
        _assert_defaults(settings, triage[table], all_of_it[table])
    for name in ("ticket-slm", "extractor"):
        kind = folder.load("models", stands["models"][name]["kind"], "").Settings
        _assert_defaults(kind, stands["models"][name], opened["models"][name])


def _assert_defaults(settings: type[BaseModel], stands: dict[str, Any], opened: dict[str, Any]) -> None:
    for key in opened.keys() - stands.keys():
        default = settings.model_fields[key].default
        assert default in (None, {}, opened[key]), key


@pytest.mark.parametrize("heading", settings_classes())
def test_every_key_is_in_the_example(heading: str) -> None:
    keys = re.findall(r"^(?:# )?\[*(?:[\w-]+\.)*([a-z]\w*)(?:[.\]][\w.\[\]-]*)?(?: =|$)", OPENED, flags=re.MULTILINE)
    assert set(settings_classes()[heading].model_fields) <= set(keys)


@pytest.mark.parametrize("heading", settings_classes())
def test_every_key_is_in_the_reference(heading: str) -> None:
    """Each class has a section of its own; the rows follow from the class, so copy them from the failure."""
    _, found, section = REFERENCE.read_text().partition(f"\n## {heading}\n")
    assert found, heading
    lines = section.split("\n## ")[0].splitlines()
    assert [line for line in lines if line.startswith("| `")] == list(rows(settings_classes()[heading]))


def test_the_reference_has_no_section_too_many() -> None:
    assert re.findall(r"^## (.+)$", REFERENCE.read_text(), flags=re.MULTILINE) == list(settings_classes())
