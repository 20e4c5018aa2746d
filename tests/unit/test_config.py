"""The configuration: what is wrong with it is said with file, key and the nearest known key."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from connectors.errors import UserError
from shadow.access import LoginSettings
from shadow.config import Config, load, validate
from shadow.demands import Budgets
from shadow.strict import Strict

GOOD = """
[store]
url = "duckdb:x.duckdb"
[source]
kind = "kafka"
topics = ["calls"]
[models.small]
kind = "openai"
[models.judge]
kind = "openai"
api_key = "env:SECRET_KEY"
[workflows.triage]
candidates = ["small"]
[[workflows.triage.checks]]
check = "label_in_set"
labels = ["a"]
[workflows.triage.judge]
model = "judge"
[workflows.triage.budgets]
major = 0.02
[workflows.triage.limits]
p95_latency_ms = 10
[mirror]
in_flight = 4
[dashboard]
port = 80
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.setenv("SECRET_KEY", "s3cret-value")

    def write(text: str) -> Path:
        path = tmp_path / "shadowjudge.toml"
        path.write_text(text)
        return path

    return write


def refused(path: Path) -> str:
    with pytest.raises(UserError) as error:
        load(path)
    return str(error.value)


def test_a_good_file(write: Write) -> None:
    config = load(write(GOOD))
    assert config.models["judge"].settings == {"api_key": "s3cret-value"}
    assert config.workflows["triage"].checks[0].settings == {"labels": ["a"]}
    assert config.workflows["triage"].budgets.model_dump() == {"critical": None, "major": 0.02, "minor": None}


@pytest.mark.parametrize(
    ("line", "misspelt", "sentence"),
    [
        ("[store]", "[stores]", "unknown key 'stores'; did you mean 'store'?"),
        ("[workflows.triage]", "[workflow.triage]", "unknown key 'workflow'; did you mean 'workflows'?"),
        (
            "url =",
            "uri =",
            "store: unknown key 'uri'; did you mean 'url'? known: data_path, retention_days, s3, serve, token, url.",
        ),
        ('kind = "kafka"', "kin = 1", "the key 'source.kind' is missing; it is required."),
        ("candidates =", "candidate =", "workflows.triage: unknown key 'candidate'; did you mean 'candidates'?"),
        ('check = "label_in_set"', "", "the key 'workflows.triage.checks.0.check' is missing"),
        ("model =", "modell =", "workflows.triage.judge: unknown key 'modell'; did you mean 'model'?"),
        ("major =", "mayor =", "workflows.triage.budgets: unknown key 'mayor'; did you mean 'major'?"),
        ("p95_latency_ms", "p95_latency", "workflows.triage.limits: unknown key 'p95_latency'; did you mean 'p95_lat"),
        ("in_flight", "inflight", "mirror: unknown key 'inflight'; did you mean 'in_flight'?"),
        (
            "port",
            "prt",
            "dashboard: unknown key 'prt'; did you mean 'port'? known: host, login, port, ",
        ),
        ("port", "zzz", "dashboard: unknown key 'zzz'; known: host, login, port, roles, trust_network."),
    ],
)
def test_an_unknown_key_at_every_depth(write: Write, line: str, misspelt: str, sentence: str) -> None:
    path = write(GOOD.replace(line, misspelt))
    message = refused(path)
    assert message.startswith(f"{path}: ")
    assert sentence in message


def test_a_workflow_may_have_the_name_of_a_key(write: Write) -> None:
    text = GOOD.replace("workflows.triage", "workflows.judge").replace("candidates =", "candidate =")
    assert "workflows.judge: unknown key 'candidate'; did you mean 'candidates'?" in refused(write(text))


@pytest.mark.parametrize(
    ("line", "wrong", "sentence"),
    [
        ("port = 80", 'port = "eighty"', "dashboard.port: Input should be a valid integer"),
        ("port = 80", "port = 70000", "dashboard.port: Input should be less than or equal to 65535."),
        ("in_flight = 4", "in_flight = 0", "mirror.in_flight: Input should be greater than or equal to 1."),
        ("in_flight = 4", "flush_seconds = inf", "mirror.flush_seconds: Input should be a finite number."),
        ("major = 0.02", "major = nan", "workflows.triage.budgets.major: Input should be a finite number."),
        ("major = 0.02", "major = 2", "workflows.triage.budgets.major: Input should be less than or equal to 1."),
        ('["small"]', "[]", "workflows.triage.candidates: List should have at least 1 item"),
        ('["small"]', '["small", "small"]', "workflows.triage.candidates: small is there twice."),
        ('["small"]', '"small"', "workflows.triage.candidates: Input should be a valid list."),
        (
            'labels = ["a"]',
            'severity = "grave"',
            "workflows.triage.checks.0.severity: Input should be 'critical', 'major'",
        ),
        ('["small"]', '["smal"]', "workflows.triage: unknown model 'smal'; did you mean 'small'? known: judge, small."),
        ('model = "judge"', 'model = "jury"', "workflows.triage: unknown model 'jury'"),
        ("[source]", "[source", "not valid TOML: "),
        (
            "env:SECRET_KEY",
            "env:NO_SUCH_KEY",
            "models.judge.api_key: the environment variable NO_SUCH_KEY is not set; export",
        ),
        ('["calls"]', '["a", "env:NO_SUCH_KEY"]', "source.topics.1: the environment variable NO_SUCH_KEY is not set"),
    ],
)
def test_a_wrong_value(write: Write, line: str, wrong: str, sentence: str) -> None:
    path = write(GOOD.replace(line, wrong))
    message = refused(path)
    assert message.startswith(f"{path}: ")
    assert sentence in message


@pytest.mark.parametrize(
    ("line", "wrong", "key"),
    [
        ("env:SECRET_KEY", "pl4in", "models.judge.api_key"),
        ('topics = ["calls"]', 'client = {sasl_plain_password = "pl4in"}', "source.client.sasl_plain_password"),
        ('topics = ["calls"]', "ssl_password = 41414", "source.ssl_password"),
        ('url = "duckdb:x.duckdb"', 'token = "pl4in-of-16-signs"', "store.token"),
        ('url = "duckdb:x.duckdb"', 's3 = {key_id = "k", secret = "pl4in"}', "store.s3.secret"),
    ],
)
def test_a_secret_in_plain_text_is_refused(write: Write, line: str, wrong: str, key: str) -> None:
    message = refused(write(GOOD.replace(line, wrong)))
    assert f'{key}: a secret is not written in this file; write "env:NAME" and export NAME.' in message
    assert "pl4in" not in message
    assert "41414" not in message


def test_only_a_connection_has_secrets(write: Write) -> None:
    config = load(write(GOOD.replace('labels = ["a"]', 'fields = {api_key = "exact"}')))
    assert config.workflows["triage"].checks[0].settings == {"fields": {"api_key": "exact"}}


def test_an_empty_secret_is_not_set(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "")
    assert "the environment variable SECRET_KEY is not set" in refused(write(GOOD))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "no such file; copy examples/shadowjudge.toml" in refused(tmp_path / "missing.toml")
    assert "cannot be read: Is a directory" in refused(tmp_path)
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'x = "\xe9"')
    assert "not valid TOML" in refused(latin)
    latin.write_text("")
    assert "the key 'source' is missing; it is required." in refused(latin)


def test_no_secret_is_ever_shown(write: Write) -> None:
    config = load(write(GOOD))
    assert "s3cret" not in repr(config) + str(config) + repr(config.models["judge"])
    with pytest.raises(UserError) as error:
        load(write(GOOD.replace('kind = "openai"\napi_key', "kind = 7\napi_key")))
    assert "models.judge.kind: Input should be a valid string" in str(error.value)
    assert "s3cret" not in "".join(traceback.format_exception(error.value))


class _Near(Strict):
    within: float


class _Check(Strict):
    fields: dict[str, Literal["exact"] | _Near] = Field(default={})
    near: _Near | None = None


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (
            {"fields": {"total": {"withn": 1}}},
            "here: fields.total: unknown key 'withn'; did you mean 'within'? known: within.",
        ),
        ({"fields": {"total": "exactly"}}, "here: fields.total: Input should be 'exact'."),
        ({"near": {"witin": 1}}, "here: near: unknown key 'witin'; did you mean 'within'? known: within."),
        ({"near": {}}, "here: the key 'near.within' is missing; it is required."),
        ({"nearr": 1}, "here: unknown key 'nearr'; did you mean 'near'? known: fields, near."),
    ],
)
def test_validate_speaks_of_keys_and_not_of_types(raw: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as error:
        validate(_Check, raw, "here")
    assert str(error.value) == sentence


def test_settings_cannot_change(write: Write) -> None:
    config = load(write(GOOD))
    with pytest.raises(ValueError, match="frozen"):
        config.mirror.in_flight = 9  # type: ignore[misc]


def test_every_settings_class_is_closed_or_hands_its_rest_on() -> None:
    seen: list[type[BaseModel]] = [Config]
    for each in seen:
        assert ConfigDict(each.model_config).get("frozen")
        assert each.model_config.get("extra") in ("forbid", "allow")
        for field in each.model_fields.values():
            seen += [kind for kind in _classes(field.annotation) if kind not in seen]
    assert {Budgets, LoginSettings} <= set(seen)


def _classes(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [kind for part in getattr(annotation, "__args__", ()) for kind in _classes(part)]
