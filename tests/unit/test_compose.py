"""docker-compose.yml as far as it can be checked without Docker: health, loopback, no default secrets."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shadow.config import load

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]


def test_the_four_services() -> None:
    assert set(SERVICES) == {"kafka", "candidate", "shadowjudge", "dashboard"}
    assert SERVICES["kafka"]["image"].startswith("apache/kafka:4.")
    assert "controller" in SERVICES["kafka"]["environment"]["KAFKA_PROCESS_ROLES"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_a_health_check_and_no_open_port(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_secrets_must_be_given() -> None:
    named = re.findall(r"\$\{(\w*(?:KEY|PASSWORD|TOKEN|SECRET)\w*)(:\?|:-|-|)", TEXT)
    assert named
    assert {operator for _, operator in named} == {":?"}


def test_the_mounted_configuration_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDIDATE_API_KEY", "key")
    config = load(ROOT / "examples" / "compose.toml")
    assert config.source.settings["bootstrap_servers"] == ["kafka:9092"]
    assert config.dashboard.port == 8501
