"""The mirror over a real file source, a real model server and a real store."""

import asyncio
from pathlib import Path

import polars as pl
import pytest

from connectors.errors import UserError
from connectors.models import openai
from connectors.sources import file
from connectors.types import Completion, Model, Request
from shadow import mirror
from shadow.config import Config, Workflow
from shadow.funnel import funnel
from shadow.mirror import Mirror
from shadow.pairs import from_frame
from shadow.store import Store
from tests.connectors.chat_server import HANG, Answer, ChatServer, Reply, failure
from tests.e2e.traffic import GARBAGE, values, write_jsonl


def config(traffic: Path, **mirror: object) -> Config:
    return Config.model_validate(
        {
            "source": {"kind": "file", "path": str(traffic)},
            "models": {"small": {"kind": "openai"}, "tiny": {"kind": "openai"}},
            "workflows": {"triage": {"candidates": ["small"]}, "both": {"candidates": ["small", "tiny"]}},
            "mirror": {"flush_seconds": 0.1, **mirror},
        }
    )


def run(settings: Config, store: Store, answer: Answer) -> None:
    """Mirror the whole file."""

    async def whole() -> None:
        with ChatServer(answer) as server:
            models: dict[str, Model] = {
                name: openai.connect(
                    name, openai.Settings(base_url=server.base_url, model=name, api_key="any", max_retries=0)
                )
                for name in ("small", "tiny")
            }
            source = file.connect("source", file.Settings(**settings.source.settings))
            await asyncio.wait_for(Mirror(settings, source, models, store).run(asyncio.Event()), 60)
            for model in models.values():
                await model.close()

    asyncio.run(whole())


def test_every_record_gets_a_fate_and_the_funnel_adds_up(tmp_path: Path, store: Store) -> None:
    records = [*values(40), *GARBAGE, *values(5, "unknown"), *values(10, "both")]
    run(config(write_jsonl(tmp_path / "calls.jsonl", records)), store, lambda _: "refund")
    result = funnel(store)
    assert result.adds_up, result.sentence
    assert (result.seen, result.paired, result.skipped, result.rejected) == (58, 50, 5, 3)
    assert store.read("SELECT count(*) AS n FROM pairs").item() == 60
    assert set(store.read("SELECT reason FROM skipped")["reason"]) == {"not_enabled"}


def test_a_pair_holds_what_both_said_and_no_personal_data(tmp_path: Path, store: Store) -> None:
    asked: list[str] = []

    def answer(request: dict[str, object]) -> str:
        asked.append(str(request))
        return "refund, I wrote to someone@example.net"

    run(config(write_jsonl(tmp_path / "calls.jsonl", values(3))), store, answer)
    stored = from_frame(store.read('SELECT * FROM pairs ORDER BY "offset"'))
    assert [pair.request_id for pair in stored] == ["triage-0", "triage-1", "triage-2"]
    assert stored[0].production.text == "billing"
    assert stored[0].candidate.text is not None
    assert stored[0].candidate.text.startswith("refund")
    assert stored[0].fingerprint.startswith("small@")
    assert stored[0].ground_truth == "billing"
    assert stored[0].scrubbed
    assert "@example" not in str(stored)
    assert "@example" not in str(asked)


def test_a_second_run_adds_nothing(tmp_path: Path, store: Store) -> None:
    traffic = write_jsonl(tmp_path / "calls.jsonl", [*values(20), *GARBAGE])
    run(config(traffic), store, lambda _: "refund")
    run(config(traffic), store, lambda _: "refund")
    result = funnel(store)
    assert (result.seen, result.repeats, result.adds_up) == (23, 0, True)


def test_records_that_came_later_are_mirrored_by_the_next_run(tmp_path: Path, store: Store) -> None:
    traffic = write_jsonl(tmp_path / "calls.jsonl", values(5))
    run(config(traffic), store, lambda _: "refund")
    write_jsonl(traffic, values(9))
    run(config(traffic), store, lambda _: "refund")
    assert funnel(store).paired == 9


def test_a_candidate_that_times_out_is_a_pair_with_an_error(tmp_path: Path, store: Store) -> None:
    def answer(request: dict[str, object]) -> str | Reply:
        return HANG if "Ticket 1:" in str(request) else "refund"

    run(config(write_jsonl(tmp_path / "c.jsonl", values(3)), candidate_timeout_s=0.5), store, answer)
    errors = store.read('SELECT "offset", candidate_error, candidate_text, candidate_latency_ms FROM pairs ORDER BY 1')
    assert errors["candidate_error"].to_list() == [None, "no answer within 0.5 s", None]
    assert errors["candidate_text"].to_list() == ["refund", None, "refund"]
    assert errors["candidate_latency_ms"][1] >= 500


def test_a_request_that_the_candidate_refuses_is_a_pair_with_an_error(tmp_path: Path, store: Store) -> None:
    run(config(write_jsonl(tmp_path / "c.jsonl", values(2))), store, lambda _: failure(400))
    errors = store.read("SELECT candidate_error FROM pairs")["candidate_error"].to_list()
    assert len(errors) == 2
    assert all(errors)


def test_no_more_requests_are_in_flight_than_configured(tmp_path: Path, store: Store) -> None:
    settings = config(write_jsonl(tmp_path / "c.jsonl", values(60)), in_flight=4)

    async def whole() -> int:
        with ChatServer(lambda _: Reply(text="refund", delay_s=0.02)) as server:
            model = openai.connect("small", openai.Settings(base_url=server.base_url, model="m", api_key="any"))
            source = file.connect("source", file.Settings(**settings.source.settings))
            await Mirror(settings, source, {"small": model, "tiny": model}, store).run(asyncio.Event())
            await model.close()
            return server.max_concurrent

    assert asyncio.run(whole()) == 4
    assert funnel(store).paired == 60


def test_stopping_in_the_middle_loses_nothing_and_doubles_nothing(tmp_path: Path, store: Store) -> None:
    settings = config(write_jsonl(tmp_path / "c.jsonl", values(80)), in_flight=3)

    async def part(seconds: float) -> None:
        with ChatServer(lambda _: Reply(text="refund", delay_s=0.02)) as server:
            model = openai.connect("small", openai.Settings(base_url=server.base_url, model="m", api_key="any"))
            source = file.connect("source", file.Settings(**settings.source.settings))
            stop = asyncio.Event()
            asyncio.get_running_loop().call_later(seconds, stop.set)
            await Mirror(settings, source, {"small": model, "tiny": model}, store).run(stop)
            await model.close()

    asyncio.run(part(0.3))
    begun = funnel(store).paired
    assert 0 < begun < 80
    asyncio.run(part(60))
    result = funnel(store)
    assert (result.paired, result.repeats, result.adds_up) == (80, 0, True)


def test_a_mirror_that_is_far_behind_sheds_and_counts_it(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "BEAT_S", 0.1)
    settings = config(write_jsonl(tmp_path / "c.jsonl", values(3_000)), in_flight=2, shed_above_lag=100)
    run(settings, store, lambda _: Reply(text="refund", delay_s=0.002))
    result = funnel(store)
    assert (result.seen, result.adds_up) == (3_000, True)
    assert 0 < result.shed < 3_000
    for table in ("pairs", "skipped"):
        chances = set(store.read(f"SELECT DISTINCT inclusion_probability AS p FROM {table}")["p"])
        assert min(chances) < 1.0, table


def test_a_candidate_without_a_model_is_named(tmp_path: Path, store: Store) -> None:
    settings = config(write_jsonl(tmp_path / "c.jsonl", values(1)))
    source = file.connect("source", file.Settings(**settings.source.settings))
    with pytest.raises(UserError, match="unknown candidate 'small'"):
        Mirror(settings, source, {}, store)


def test_what_the_mirror_says_of_itself_is_stored(tmp_path: Path, store: Store) -> None:
    run(config(write_jsonl(tmp_path / "c.jsonl", values(1))), store, lambda _: "refund")
    beats = store.read("SELECT component, state FROM heartbeats")
    assert beats.rows() == [("mirror", "stopped")]


class Replayed:
    """Implements connectors.types.Replay: the same answer to every request."""

    name, fingerprint = "small", "small@replayed"

    def answer_all(self, requests: pl.Series) -> pl.DataFrame:
        return pl.select(text=pl.repeat("refund", requests.len()))

    async def complete(self, request: Request) -> Completion:
        raise AssertionError("a recording is asked for batches")

    async def probe(self) -> str:
        return "replayed"

    async def close(self) -> None: ...


def test_recordings_and_candidates_that_are_called_share_one_mirror(tmp_path: Path, store: Store) -> None:
    records = [*values(700), *GARBAGE, *values(30, "both"), *values(5, "unknown"), *values(300)]
    settings = config(write_jsonl(tmp_path / "c.jsonl", records), in_flight=4)
    called = settings.workflows | {"both": Workflow(candidates=["tiny"])}
    mixed = settings.model_copy(update={"workflows": called})

    async def part(seconds: float) -> None:
        with ChatServer(lambda _: Reply(text="refund", delay_s=0.02)) as server:
            tiny = openai.connect("tiny", openai.Settings(base_url=server.base_url, model="m", api_key="any"))
            source = file.connect("source", file.Settings(**settings.source.settings))
            stop = asyncio.Event()
            asyncio.get_running_loop().call_later(seconds, stop.set)
            models: dict[str, Model] = {"small": Replayed(), "tiny": tiny}
            await asyncio.wait_for(Mirror(mixed, source, models, store).run(stop), 60)
            await tiny.close()

    asyncio.run(part(0.3))
    asyncio.run(part(60))
    result = funnel(store)
    assert result.adds_up, result.sentence
    assert (result.seen, result.paired, result.skipped, result.rejected, result.repeats) == (1_038, 1_030, 5, 3, 0)
    assert store.read("SELECT count(*) AS n FROM pairs WHERE candidate_text = 'refund'").item() == 1_030
