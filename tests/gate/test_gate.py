"""The gate's answers: state, candidate, token, faults."""

import asyncio
import json
from datetime import UTC, datetime

import msgspec
import pytest

from connectors.errors import UserError
from dashboards.gate.server import gate
from shadow.config import Config
from shadow.store import Store
from tests.gate.conftest import TOKEN, Ask, settle

INSTRUMENT = "/v1/workflows/triage/phases/instrument/gate"


def test_the_state_comes_with_200_whatever_it_is(ask: Ask, store: Store, config: Config) -> None:
    empty = ask("GET", INSTRUMENT)
    assert (empty.code, json.loads(empty.body)["data"]["state"]) == (200, "insufficient_evidence")
    settle(store, config)
    ready = json.loads(ask("GET", INSTRUMENT).body)["data"]
    assert (ready["state"], ready["workflow"], ready["phase"]) == ("ready", "triage", "instrument")
    assert [line["state"] for line in ready["lines"]] == ["ready"] * len(ready["lines"])
    assert len(ready["digest"]) == 64


def test_what_is_not_there_is_said(ask: Ask) -> None:
    for path, sentence in (
        ("/v1/workflows/triaje/phases/limited/gate", "did you mean 'triage'?"),
        ("/v1/workflows/triage/phases/limted/gate", "did you mean 'limited'?"),
        (f"{INSTRUMENT}?candidate=big", "unknown candidate 'big'"),
        ("/v1/nothing", "Not Found"),
    ):
        answer = ask("GET", path)
        assert (answer.code, sentence in answer.body) == (404, True), path


def test_several_candidates_take_a_name(store: Store, config: Config) -> None:
    from dashboards.gate.readings import Candidate, Readings

    readings = Readings(store, config, {"triage": [Candidate("small", "small@1"), Candidate("other", "other@1")]})
    with pytest.raises(UserError, match="add \\?candidate= one of: small, other"):
        readings.phase("triage", "limited", None)
    assert readings.phase("triage", "limited", "other").fingerprint == "other@1"
    assert readings.phase("triage", "limited", "small@1").fingerprint == "small@1"


def test_without_the_token_nothing_is_told(ask: Ask) -> None:
    for path in (INSTRUMENT, "/v1/readiness", "/metrics"):
        for header in ("", "Bearer", "Bearer another-token-of-enough-letters", f"Basic {TOKEN}"):
            answer = ask("GET", path, headers={"Authorization": header})
            assert (answer.code, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert "state" not in answer.body


def test_health_needs_no_token(ask: Ask) -> None:
    assert ask("GET", "/healthz", headers={"Accept": "*/*"})[:2] == (200, '{"data":{"state":"ok"}}')


def test_prometheus_reads_the_state_of_every_phase(ask: Ask, store: Store, config: Config) -> None:
    settle(store, config)
    answer = ask("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    told = [line for line in answer.body.splitlines() if line.startswith("shadowjudge_phase_state")]
    assert len(told) == 4 * 3
    assert sum(line.endswith(" 1.0") for line in told) == 4
    assert any('phase="instrument",state="ready"' in line and line.endswith(" 1.0") for line in told)
    assert "shadowjudge_line_value{" in answer.body
    assert "shadowjudge_records_seen " in answer.body


def test_every_phase_at_once(ask: Ask, store: Store, config: Config) -> None:
    settle(store, config)
    found = json.loads(ask("GET", "/v1/readiness").body)["data"]
    assert [each["phase"] for each in found] == ["instrument", "shadow", "limited", "expand"]
    assert found[0]["state"] == "ready"


def test_a_gate_for_other_machines_takes_a_token(store: Store, config: Config) -> None:
    opened = with_gate(config, host="0.0.0.0", token=None)
    with pytest.raises(UserError, match=r"set gate\.token"):
        asyncio.run(gate(opened, store)(asyncio.Event()))


def test_a_taken_port_is_said(ask: Ask, store: Store, config: Config) -> None:
    with pytest.raises(UserError, match=f"cannot listen at 127.0.0.1:{config.gate.port}: Address already in use"):
        asyncio.run(gate(config, store)(asyncio.Event()))


def with_gate(config: Config, **changes: object) -> Config:
    """The configuration with another gate."""
    return config.model_copy(update={"gate": config.gate.model_copy(update=changes)})


def test_times_are_utc(ask: Ask) -> None:
    as_of = json.loads(ask("GET", INSTRUMENT).body)["data"]["as_of"]
    assert abs((datetime.now(UTC) - msgspec.convert(as_of, datetime)).total_seconds()) < 60
