"""A workflow that drops its texts, through the real mirror, scorer and command line, beside one that keeps them."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.models import openai
from connectors.sources import file
from connectors.types import Model
from judge.board import evidence_of
from judge.evidence.record import Textless
from judge.scoring.examined import examiners
from judge.scoring.scorer import Scorer
from shadow.config import Config, validate
from shadow.funnel import funnel
from shadow.mirror import Mirror
from shadow.store import Store
from tests.connectors.chat_server import ChatServer, Reply
from tests.e2e.traffic import values, write_jsonl

CHECKS = [{"check": "label_in_set", "labels": ["billing", "refund"]}, {"check": "label_agreement"}]


def config(traffic: Path) -> Config:
    raw = {
        "source": {"kind": "file", "path": str(traffic)},
        "models": {"small": {"kind": "openai", "model": "small"}},
        "workflows": {
            "triage": {"candidates": ["small"], "checks": CHECKS, "scrub": {"policy": "drop"}},
            "both": {"candidates": ["small"], "checks": CHECKS},
        },
        "mirror": {"flush_seconds": 0.05, "flush_rows": 20, "in_flight": 4},
    }
    return validate(Config, raw, "test.toml")


def mirror(settings: Config, store: Store, base_url: str, seconds: float) -> None:
    async def run() -> None:
        model = openai.connect("small", openai.Settings(base_url=base_url, model="small", api_key="any"))
        source = file.connect("source", file.Settings(**settings.source.settings))
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, stop.set)
        models: dict[str, Model] = {"small": model}
        await asyncio.wait_for(Mirror(settings, source, models, store, examiners(settings)).run(stop), 60)
        await model.close()

    asyncio.run(run())


def test_the_texts_never_reach_the_disk_and_every_pair_is_checked(tmp_path: Path, store: Store) -> None:
    settings = config(write_jsonl(tmp_path / "calls.jsonl", [*values(60), *values(10, "both")]))
    asked: list[str] = []

    def answer(request: dict[str, object]) -> Reply:
        asked.append(json.dumps(request))
        return Reply(text="refund" if "Ticket 1:" in asked[-1] else "billing", delay_s=0.01)

    scorer = Scorer(store, settings, {}, "test.toml")
    with ChatServer(answer) as server:
        for seconds in (0.15, 60):
            mirror(settings, store, server.base_url, seconds)
            asyncio.run(scorer.check())
    result = funnel(store)
    assert result.adds_up, result.sentence
    assert (result.seen, result.paired, result.repeats) == (70, 70, 0)
    assert "<EMAIL>" in asked[0]
    assert "@example.org" not in "".join(asked)
    said = store.read("SELECT workflow, count(*) FILTER (candidate_text IS NOT NULL) AS told FROM pairs GROUP BY 1")
    assert dict(said.iter_rows()) == {"triage": 0, "both": 10}
    fingerprint = store.read("SELECT DISTINCT fingerprint FROM pairs").item()
    evidence = evidence_of(store, settings, "triage", fingerprint, datetime.now(UTC) + timedelta(minutes=2))
    assert (evidence.captured, evidence.checked, evidence.overdue) == (60, 60, 0)
    assert {row.severity: row.pairs for row in evidence.settled} == {None: 59, "major": 1}
    assert evidence.textless == Textless(pairs=60)
    store.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.suffix != ".jsonl")
    assert b"both-1" in stored
    assert b"triage-1" in stored
    assert b"Ticket 1:" in stored  # of the workflow that keeps its texts
    for number in range(10, 60):
        assert f"Ticket {number}:".encode() not in stored


def test_a_mirror_without_anybody_to_examine_does_not_begin(tmp_path: Path, store: Store) -> None:
    settings = config(write_jsonl(tmp_path / "calls.jsonl", values(1)))
    source = file.connect("source", file.Settings(**settings.source.settings))
    models: dict[str, Model] = {
        "small": openai.connect("small", openai.Settings(base_url="http://127.0.0.1:9/v1", model="m"))
    }
    with pytest.raises(ValueError, match=r"workflows\.triage keeps no texts"):
        Mirror(settings, source, models, store)
