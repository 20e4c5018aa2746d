"""A candidate whose endpoint goes away: the mirror pauses, says so, and blames no record for it."""

import asyncio
import time
from pathlib import Path
from typing import Any

from shadow import mirror
from shadow.funnel import funnel
from shadow.store import Store
from tests.connectors.chat_server import Reply, failure
from tests.e2e.test_mirror import config, run
from tests.e2e.traffic import values, write_jsonl


def test_an_endpoint_that_goes_away_and_comes_back_leaves_no_pair_with_an_error(
    tmp_path: Path, store: Store, monkeypatch: Any
) -> None:
    monkeypatch.setattr(mirror, "BEAT_S", 0.1)
    begun, asked = time.monotonic(), list[float]()

    def answer(_: dict[str, Any]) -> str | Reply:
        asked.append(time.monotonic() - begun)
        return failure(503, "the model is loading") if len(asked) > 20 and asked[-1] < 3.0 else "refund"

    run(config(write_jsonl(tmp_path / "c.jsonl", values(200)), in_flight=16), store, answer)
    result = funnel(store)
    assert (result.paired, result.repeats, result.adds_up) == (200, 0, True)
    assert store.read("SELECT count(*) AS n FROM pairs WHERE candidate_error IS NOT NULL").item() == 0
    assert len(asked) < 200 + 16 + 10, "what was in flight fails once; after that only probes ask"
    said = store.read("SELECT DISTINCT detail FROM heartbeats WHERE state = 'paused' AND detail <> ''")["detail"]
    assert len(said) >= 1
    assert said[0].startswith("small: no calls since 20")
    assert "HTTP 503" in said[0]


def test_a_record_that_breaks_the_endpoint_each_time_is_given_up(tmp_path: Path, store: Store) -> None:
    def answer(request: dict[str, Any]) -> str | Reply:
        return failure(500, "out of memory") if "Ticket 3:" in str(request) else "refund"

    run(config(write_jsonl(tmp_path / "c.jsonl", values(30)), in_flight=2), store, answer)
    errors = store.read('SELECT "offset", candidate_error FROM pairs WHERE candidate_error IS NOT NULL')
    assert errors["offset"].to_list() == [3]
    assert "HTTP 500" in errors["candidate_error"][0]
    assert funnel(store).adds_up


def test_the_other_candidate_is_not_asked_again(tmp_path: Path, store: Store) -> None:
    seen: list[str] = []

    def answer(request: dict[str, Any]) -> str | Reply:
        seen.append(request["model"])
        return failure(503) if seen.count("tiny") == 1 and request["model"] == "tiny" else "refund"

    run(config(write_jsonl(tmp_path / "c.jsonl", values(1, "both"))), store, answer)
    assert sorted(seen) == ["small", "tiny", "tiny"]
    assert store.read("SELECT count(*) AS n FROM pairs WHERE candidate_error IS NULL").item() == 2


def test_a_stop_while_the_endpoint_is_away_ends_soon_and_stores_nothing(tmp_path: Path, store: Store) -> None:
    async def whole() -> None:
        from connectors.models import openai
        from connectors.sources import file

        settings = config(write_jsonl(tmp_path / "c.jsonl", values(50)))
        away = openai.Settings(base_url="http://127.0.0.1:9/v1", model="m", max_retries=0)
        model = openai.connect("small", away)
        source = file.connect("source", file.Settings(**settings.source.settings))
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(1.0, stop.set)
        await asyncio.wait_for(mirror.Mirror(settings, source, {"small": model, "tiny": model}, store).run(stop), 10)
        await model.close()

    asyncio.run(whole())
    assert funnel(store).seen == 0
