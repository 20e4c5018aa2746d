"""The requests of release tools, as these tools send them, and what they make of the answers.

The bytes follow the sources: argo-rollouts metricproviders/webmetric, flagger pkg/controller/webhook. The files in
examples/ are what a user copies, so addresses and bodies are taken from these.
"""

import json
import re
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.types import Completion
from shadow.config import Config
from shadow.store import Store
from tests.gate.conftest import TOKEN, Ask, settle
from tests.needs import need

EXAMPLES = Path(__file__).parents[2] / "examples"
GO = "User-Agent: Go-http-client/1.1\r\n"


def send(port: int, raw: str) -> tuple[int, str]:
    """The status and body of a request sent byte for byte."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(raw.encode())
        answer = b"".join(iter(lambda: line.recv(65536), b"")).decode()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]), body


def argo(state: str, metric: dict[str, Any]) -> str:
    """The phase of the measurement: what evaluate.EvaluateResult makes of the two conditions."""
    wanted = {kind: re.fullmatch(r'result == "(\w+)"', metric[f"{kind}Condition"]) for kind in ("success", "failure")}
    assert wanted["success"]
    assert wanted["failure"]
    if state == wanted["failure"][1]:
        return "Failed"
    return "Successful" if state == wanted["success"][1] else "Inconclusive"


def test_argo_rollouts(ask: Ask, store: Store, config: Config) -> None:
    template = yaml.safe_load((EXAMPLES / "argo-rollouts" / "analysis-template.yaml").read_text(encoding="utf-8"))
    (metric,) = template["spec"]["metrics"]
    web = metric["provider"]["web"]

    def measure(phase: str) -> str:
        values = {"workflow": "triage", "phase": phase, "token": TOKEN}
        url = re.sub(r"\{\{args\.(\w+)\}\}", lambda match: values[match[1]], web["url"])
        header = re.sub(r"\{\{args\.(\w+)\}\}", lambda match: values[match[1]], web["headers"][0]["value"])
        path = "/" + url.partition("//")[2].partition("/")[2]
        code, body = send(
            config.gate.port,
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{config.gate.port}\r\n{GO}"
            f"{web['headers'][0]['key']}: {header}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n",
        )
        assert 200 <= code < 300, "anything else is an error to Argo Rollouts"
        found: Any = json.loads(body)
        for key in web["jsonPath"].strip("{}$").strip(".").split("."):
            found = found[key]
        return argo(found, metric)

    assert measure("instrument") == "Inconclusive"
    settle(store, config)
    assert measure("instrument") == "Successful"
    settle_badly(store, config)
    assert measure("limited") == "Failed"


def settle_badly(store: Store, config: Config) -> None:
    """Enough failed calls to block the phase limited."""
    settle(store, config, 400, candidate=Completion(error="refused"), workflow="triage")


def test_flagger(ask: Ask, store: Store, config: Config) -> None:
    canary = yaml.safe_load((EXAMPLES / "flagger" / "canary.yaml").read_text(encoding="utf-8"))
    hooks = {hook["type"]: hook for hook in canary["spec"]["analysis"]["webhooks"]}

    def call(kind: str, phase: str, metadata: dict[str, str]) -> tuple[int, str]:
        path = "/" + hooks[kind]["url"].partition("//")[2].partition("/")[2]
        path = re.sub("/phases/[a-z]+/", f"/phases/{phase}/", path)
        body = json.dumps(
            {
                "name": "ticket-triage",
                "namespace": "prod",
                "phase": "Progressing",
                "checksum": "85d557f47b",
                "metadata": metadata,
            },
            separators=(",", ":"),
        )
        return send(
            config.gate.port,
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{config.gate.port}\r\n{GO}Content-Length: {len(body)}\r\n"
            f"Content-Type: application/json\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n{body}",
        )

    known = {"token": TOKEN}
    assert hooks["confirm-rollout"]["metadata"].keys() == known.keys()
    assert call("confirm-rollout", "instrument", {})[0] == 401
    assert call("confirm-rollout", "instrument", {"token": "wrong"})[0] == 401
    code, body = call("confirm-rollout", "instrument", known)
    assert code == 403
    assert body.startswith("triage: instrument lacks evidence"), "Flagger writes the body into the canary's events"
    settle(store, config)
    assert call("confirm-rollout", "instrument", known)[0] == 200
    assert call("rollback", "limited", known)[0] == 403, "no evidence is no reason to roll back"
    settle_badly(store, config)
    code, body = call("rollback", "limited", known)
    assert (code, "is blocked" in body) == (200, True)
    assert call("confirm-promotion", "limited", known)[0] == 403


@pytest.mark.parametrize(("phase", "ready"), [("instrument", True), ("limited", False)])
def test_github_actions(ask: Ask, store: Store, config: Config, tmp_path: Path, phase: str, ready: bool) -> None:
    for tool in ("curl", "jq"):
        need(subprocess.run(["which", tool], capture_output=True).returncode == 0, f"install {tool}: apt-get install")
    settle(store, config)
    workflow = yaml.safe_load((EXAMPLES / "github-actions" / "gate.yml").read_text(encoding="utf-8"))
    (step,) = workflow["jobs"]["gate"]["steps"]
    summary = tmp_path / "summary.md"
    done = subprocess.run(
        [step["shell"], "-c", step["run"]],
        env={
            "PATH": "/usr/bin:/bin",
            "GATE_URL": f"http://127.0.0.1:{config.gate.port}",
            "GATE_TOKEN": TOKEN,
            "WORKFLOW": "triage",
            "PHASE": phase,
            "GITHUB_STEP_SUMMARY": str(summary),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode == 0) is ready, done.stderr
    text = summary.read_text(encoding="utf-8")
    assert f"### triage, phase {phase}: " in text
    assert "\n| ready | funnel: 30 paired" in text
