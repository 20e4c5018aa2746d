"""A judge's endpoint that fails in every way we know: no verdict lost or doubled, no call that the ledger lacks."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connectors.types import Completion, Origin, Request
from dashboards import wiring
from judge.scoring.scorer import Scored, Scorer
from shadow.config import Config, validate
from shadow.pairs import to_frame
from shadow.store import Store, open_store
from shadow.types import Pair, pair_id
from tests.connectors.chat_server import HANG, ChatServer, Reply, failure
from tests.recorded.corpus import START

PAIRS = 24
SAME = json.dumps({"reason": "alike", "choice": "same"})
GOOD = Reply(text=SAME, usage={"prompt_tokens": 500, "completion_tokens": 20})
COST = (500 * 2 + 20 * 8) / 1e6


def raw(url: str, **judge: Any) -> dict[str, Any]:
    return {
        "source": {"kind": "file", "path": "none.jsonl"},
        "models": {
            "small": {"kind": "openai", "model": "small-1b"},
            "arbiter": {
                "kind": "openai", "model": "arbiter-7", "base_url": url, "timeout_s": 0.5,
                "prices": {"input": 2.0, "output": 8.0},
            },
        },
        "workflows": {"triage": {"candidates": ["small"], "judge": {"model": "arbiter", "in_flight": 8, **judge}}},
    }  # fmt: skip


def pair(n: int, fingerprint: str) -> Pair:
    origin = Origin("t", 0, n)
    return Pair(
        pair_id=pair_id(origin, fingerprint),
        workflow="triage",
        fingerprint=fingerprint,
        request_id=f"r{n}",
        occurred_at=START,
        mirrored_at=START,
        origin=origin,
        request=Request([{"role": "user", "content": f"Ticket {n}"}]),
        production=Completion(text=f"billing {n}"),
        candidate=Completion(text=f"access {n}"),
        scrub_version="1",
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"duckdb:{tmp_path}/s.duckdb")) as store:
        seed(store)
        yield store


def seed(store: Store) -> None:
    store.migrate("shadow")
    store.migrate("judge")
    config = validate(Config, raw("http://127.0.0.1:1/v1"), "t")
    fingerprint = wiring.connect_model("small", config.models["small"]).fingerprint
    store.append("pairs", to_frame([pair(n, fingerprint) for n in range(PAIRS)]))


def score(store: Store, url: str, rounds: int = 1, retry_s: float = 0.0, **judge: Any) -> Scored:
    """What the last of so many rounds of a new scorer did."""
    config = validate(Config, raw(url, **judge), "t")

    async def work() -> Scored:
        models = {"small": wiring.connect_model("small", config.models["small"]), **wiring.connect_judges(config)}
        try:
            scorer = Scorer(store, config, models, "t", retry_s)
            return [await scorer.score_once() for _ in range(rounds)][-1]
        finally:
            for model in models.values():
                await model.close()

    return asyncio.run(asyncio.wait_for(work(), 60))


def ledger(store: Store) -> dict[str, tuple[int, float]]:
    """Calls and USD by result."""
    rows = store.read("SELECT result, count(*) AS n, sum(usd) AS usd FROM judge_calls GROUP BY result").rows()
    return {result: (n, usd) for result, n, usd in rows}


def settles(store: Store, asked: int) -> None:
    """With a sound endpoint all is judged once, and the ledger holds every request that any server saw."""
    with ChatServer(lambda _: GOOD) as server:
        done = score(store, server.base_url, rounds=3)
        asked += len(server.requests)
    assert (done.waiting, done.notes) == (0, [])
    verdicts = store.read("SELECT outcome, count(*) AS n, count(DISTINCT pair_id) AS pairs FROM verdicts GROUP BY ALL")
    assert verdicts.rows() == [("equivalent", PAIRS, PAIRS)]
    held = ledger(store)
    assert sum(n for result, (n, _) in held.items() if result != "cached") == asked
    assert held["answered"] == (2 * PAIRS, pytest.approx(2 * PAIRS * COST))


def test_an_endpoint_that_is_gone_costs_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.patience.FIRST_S", 0.01)
    done = score(store, "http://127.0.0.1:1/v1", retry_s=30.0)
    assert (done.judged, done.waiting) == (0, PAIRS)
    assert "the judge gave no reply: the connection failed" in done.notes[0]
    tries, usd = ledger(store)["failed"]
    assert tries < 6 * PAIRS, "an outage is noticed, and the rest left alone"
    assert usd == 0
    settles(store, tries)


@pytest.mark.parametrize(
    ("fault", "costs"),
    [
        (failure(500), False),
        (failure(429, headers={"retry-after-ms": "20"}), False),
        (HANG, True),
        (Reply(text=SAME, share=0.5), True),
        (Reply(raw=b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'), True),
        (Reply(raw=b"<html>gateway</html>"), True),
    ],
    ids=["500s", "429s", "hanging", "half a body", "invalid UTF-8", "no JSON"],
)
def test_what_fails_is_entered_and_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch, fault: Reply, costs: bool
) -> None:
    monkeypatch.setattr("connectors.patience.FIRST_S", 0.01)
    with ChatServer(lambda _: fault) as server:
        done = score(store, server.base_url)
        asked = len(server.requests)
    assert (done.judged, done.waiting) == (0, PAIRS)
    tries, usd = ledger(store)["failed"]
    assert tries == asked > 0
    assert (usd > 0) is costs
    settles(store, asked)


def test_a_fault_in_one_order_keeps_the_other_order_s_reply(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.patience.FIRST_S", 0.01)

    def answer(request: dict[str, Any]) -> Reply:
        first = request["messages"][1]["content"].split("end of first answer")[0]
        return failure(500) if "access" in first else GOOD

    with ChatServer(answer) as server:
        done = score(store, server.base_url)
        assert (done.judged, done.waiting) == (0, PAIRS)
        paid = ledger(store)["answered"][0]
        assert paid > 0
        server.answer = lambda _: GOOD
        assert score(store, server.base_url).waiting == 0
    assert ledger(store)["cached"] == (paid, 0), "what was paid for is not asked again"
    assert ledger(store)["answered"][0] == 2 * PAIRS


def test_the_cap_stops_a_batch_in_its_middle(store: Store) -> None:
    cap = 30 * COST
    with ChatServer(lambda _: GOOD) as server:
        done, asked = score(store, server.base_url, max_usd_per_day=cap), 0
        while asked < len(server.requests):
            asked = len(server.requests)
            assert 0 < done.waiting < PAIRS
            assert "max_usd_per_day" in done.notes[0]
            done = score(store, server.base_url, max_usd_per_day=cap)
        held = ledger(store)
        assert cap / 2 < sum(usd for _, usd in held.values()) <= cap, "what is left is less than one call may cost"
        assert held["answered"][0] == asked
        assert score(store, server.base_url).waiting == 0
    assert store.read("SELECT count(*) AS n, count(DISTINCT pair_id) AS pairs FROM verdicts").row(0) == (PAIRS, PAIRS)
    assert ledger(store)["answered"][0] == 2 * PAIRS


def test_kill_9_of_the_scorer_loses_and_doubles_nothing(tmp_path: Path) -> None:
    url = f"duckdb:{tmp_path}/s.duckdb"
    with closing(open_store(url)) as store:
        seed(store)
    with ChatServer(slow) as server:
        path = tmp_path / "shadowjudge.toml"
        path.write_text(toml(url, server.base_url))
        command = [sys.executable, "-c", "from dashboards.cli import main; main()", "score", "--config", str(path)]
        for calls in (3, 9):
            wanted = len(server.requests) + calls
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as scorer:
                deadline = time.monotonic() + 60
                while len(server.requests) < wanted and time.monotonic() < deadline:
                    time.sleep(0.01)
                scorer.send_signal(signal.SIGKILL)
            assert len(server.requests) >= wanted
        asked = len(server.requests)
    with closing(open_store(url)) as store:
        held = ledger(store)
        assert sum(n for result, (n, _) in held.items() if result != "cached") >= asked, "no call without an entry"
        assert held["open"][0] > 0
        assert held["open"][1] > 0, "what was cut off counts as what was reserved"
        with ChatServer(lambda _: GOOD) as sound:
            done = score(store, sound.base_url, rounds=2)
        assert done.waiting == 0
        # What a killed scorer was answered may open an epoch of its own; its pairs are judged again in the next.
        verdicts = store.read(
            "SELECT count(*) - count(DISTINCT (pair_id, epoch)) AS doubled, count(DISTINCT pair_id) AS pairs "
            "FROM verdicts"
        ).row(0)
        assert verdicts == (0, PAIRS)


def slow(request: dict[str, Any]) -> Reply:
    return Reply(text=SAME, usage=GOOD.usage, delay_s=0.1)


def toml(url: str, base_url: str) -> str:
    return f"""
[store]
url = "{url}"
[source]
kind = "file"
path = "none.jsonl"
[models.small]
kind = "openai"
model = "small-1b"
[models.arbiter]
kind = "openai"
model = "arbiter-7"
base_url = "{base_url}"
prices = {{ input = 2.0, output = 8.0 }}
[workflows.triage]
candidates = ["small"]
[workflows.triage.judge]
model = "arbiter"
in_flight = 4
self_test = false
"""
