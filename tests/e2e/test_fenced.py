"""A mirror whose partitions another process claims in the store, while its own answers are on their way."""

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import UserError
from connectors.models import openai
from connectors.sources import file
from connectors.types import Partition, Source
from shadow.funnel import funnel
from shadow.mirror import Mirror
from shadow.store import Store
from tests.connectors.chat_server import ChatServer
from tests.connectors.kafka_feed import KafkaFeed
from tests.e2e.test_mirror import config
from tests.e2e.traffic import values, write_jsonl


def mirrored(traffic: Path, source: Source, store: Store, place: Partition, claimed_at: int, pairs: int) -> None:
    """Mirror until so many pairs are stored; somebody claims the partition when the candidate is asked for the n-th."""
    asked: list[object] = []

    def answer(request: dict[str, Any]) -> str:
        asked.append(request)
        if len(asked) == claimed_at:
            store.claim([place])
        return "refund"

    async def until_stored(stop: asyncio.Event) -> None:
        while store.read("SELECT count(*) AS n FROM pairs").item() < pairs:
            await asyncio.sleep(0.05)
        stop.set()

    async def whole() -> None:
        stop = asyncio.Event()
        with ChatServer(answer) as server:
            small = openai.connect("small", openai.Settings(base_url=server.base_url, model="small", api_key="any"))
            settings = config(traffic, in_flight=4)
            watching = asyncio.create_task(until_stored(stop))
            try:
                models = {"small": small, "tiny": small}
                await asyncio.wait_for(Mirror(settings, source, models, store).run(stop), 60)
            finally:
                watching.cancel()
                await small.close()

    asyncio.run(whole())


def test_of_two_readers_of_one_file_the_first_stores_no_more_and_says_why(tmp_path: Path, store: Store) -> None:
    traffic = write_jsonl(tmp_path / "calls.jsonl", values(10))
    source = file.connect("source", file.Settings(path=traffic))
    with pytest.raises(UserError, match=r"file:calls\.jsonl: another process reads this file into the same store"):
        mirrored(traffic, source, store, Partition("file:calls.jsonl", 0), claimed_at=1, pairs=10)
    assert funnel(store).seen == 0


@pytest.mark.broker
def test_a_member_that_keeps_its_partition_claims_it_again_and_stores_every_record_once(
    tmp_path: Path, store: Store, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other had stood still before its claim and is no member any more. What was refused is committed nowhere."""
    feed = KafkaFeed(broker).create()
    feed.write(values(60))
    source = feed.connect()
    begin_again, stored = source.begin_again, list[tuple[int, int]]()

    def noted(partitions: Collection[Partition]) -> None:
        stored.append((funnel(store).paired, source._safe[(feed.topic, 0)]))
        begin_again(partitions)

    monkeypatch.setattr(source, "begin_again", noted)
    mirrored(tmp_path, source, store, feed.place, claimed_at=30, pairs=60)
    result = funnel(store)
    assert (result.seen, result.repeats, result.adds_up) == (60, 0, True)
    assert store.read("SELECT max(claim) AS n FROM partition_claims").item() == 3
    [(paired, committed)] = stored
    assert committed <= paired < 60
