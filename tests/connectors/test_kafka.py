"""The Kafka source on a real broker: the contract, and what only Kafka does."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from kafka import KafkaProducer

from connectors.broker import embedded_broker
from connectors.errors import RetryLater
from connectors.types import Partition
from tests.connectors.kafka_feed import KafkaFeed
from tests.connectors.source_contract import VALUES, SourceContract, offsets, opened, read

pytestmark = pytest.mark.broker


def within(seconds: float, happens: Callable[[], object]) -> None:
    """Return when it has happened; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(params=["embedded", "apache"], scope="module")
def kafka(request: pytest.FixtureRequest) -> str:
    """The address of a broker: the embedded one, and the one that it stands in for."""
    if request.param == "embedded":
        return str(request.getfixturevalue("broker"))
    return str(request.getfixturevalue("apache").bootstrap_servers[0])


@pytest.fixture
def feed(kafka: str) -> KafkaFeed:
    return KafkaFeed(kafka).create()


class TestKafkaSource(SourceContract):
    paused_s = 4.0  # longer than the session timeout and a group join

    def test_it_continues_behind_what_is_committed(self, feed: KafkaFeed) -> None:
        feed.write(VALUES)
        first = opened(feed)
        assert len(read(first, 20)) == 20
        first.commit({feed.place: 12, Partition(feed.topic, 5): 3, Partition("another", 0): 3})
        first.close()
        behind = opened(feed, held=5)
        assert offsets(read(behind, 8)) == list(range(12, 20))
        behind.close()
        ahead = opened(feed, held=15)
        assert offsets(read(ahead, 5)) == list(range(15, 20))
        ahead.close()

    def test_it_is_never_exhausted_and_leaves_no_thread(self, feed: KafkaFeed) -> None:
        before = set(threading.enumerate())
        source = opened(feed)
        assert source.poll(0.0) == []
        assert not source.exhausted
        source.close()
        source.close()
        within(5.0, lambda: not set(threading.enumerate()) - before)

    def test_a_tombstone_is_a_record_without_value(self, feed: KafkaFeed) -> None:
        with KafkaProducer(bootstrap_servers=[feed.address]) as producer:
            producer.send(feed.topic, key=b"key", value=None).get(10)
        source = opened(feed)
        assert [record.value for record in read(source, 1)] == [None]
        source.close()

    def test_latest_is_decided_once_for_a_group(self, feed: KafkaFeed) -> None:
        feed.write(VALUES)
        feed.write([b"a batch of one"])  # Tansu takes the last batch's first offset for its last
        feed.settings["start"] = "latest"
        first = opened(feed)
        assert read(first, 1, within_s=4.0) == []
        first.close()
        feed.write([b"while nobody looked"])
        second = opened(feed)
        assert offsets(read(second, 1)) == [21]
        second.close()

    def test_latest_passes_over_nothing_behind_what_is_held(self, feed: KafkaFeed) -> None:
        """Another group, or offsets that expired: nothing is committed, and yet the partition was read before."""
        feed.write(VALUES)
        feed.settings |= {"start": "latest", "group_id": f"{feed.topic}-renamed"}
        source = opened(feed, held=7)
        assert offsets(read(source, 13)) == list(range(7, 20))
        source.close()

    def test_a_topic_that_comes_later_is_waited_for(self, kafka: str) -> None:
        feed = KafkaFeed(kafka)
        source = opened(feed)
        assert source.poll(0.5) == []
        feed.create().write([b"at last"])
        assert [record.value for record in read(source, 1)] == [b"at last"]
        source.close()

    def test_after_too_long_a_silence_the_member_comes_back(self, feed: KafkaFeed) -> None:
        feed.settings["max_poll_interval_ms"] = 1_500
        feed.write(VALUES)
        asked: list[Partition] = []
        revoked: list[Partition] = []

        def first_wanted(positions: Mapping[Partition, int]) -> Mapping[Partition, int]:
            asked.extend(positions)
            return dict.fromkeys(positions, 20 if revoked else 0)

        source = feed.connect()
        source.open(first_wanted, revoked.extend)
        assert len(read(source, 20)) == 20
        time.sleep(2.5)
        with pytest.raises(RetryLater):
            source.commit({feed.place: 20})
        with pytest.raises(RetryLater):
            source.begin_again([feed.place])
        within(20.0, lambda: source.poll(0.1) or len(asked) == 2)
        assert revoked == [feed.place]
        assert asked == [feed.place, feed.place]
        source.commit({feed.place: 20})
        feed.write([b"new"])
        assert offsets(read(source, 1)) == [20]
        source.close()

    def test_a_partition_begins_again_behind_what_is_committed_and_held(self, feed: KafkaFeed) -> None:
        """What was polled and not committed comes again, and so does what the client had read ahead."""
        feed.settings["max_poll_records"] = 15
        feed.write(VALUES)
        asked: list[int] = []

        def first_wanted(positions: Mapping[Partition, int]) -> Mapping[Partition, int]:
            asked.extend(positions.values())
            return {place: max(position, 7 * (len(asked) - 1)) for place, position in positions.items()}

        source = feed.connect()
        source.open(first_wanted, lambda _: None)
        assert offsets(read(source, 15)) == list(range(15))
        source.commit({feed.place: 5})
        source.begin_again([feed.place])
        assert offsets(read(source, 13)) == list(range(7, 20))
        assert asked == [0, 5]
        source.close()


class Member(threading.Thread):
    """Polls, stores in the list that all members share, commits; as the mirror does."""

    def __init__(self, feed: KafkaFeed, stored: list[tuple[Partition, int]]) -> None:
        super().__init__(daemon=True)
        self.stored, self.revoked, self.seen, self.stop = stored, list[Partition](), set[Partition](), threading.Event()
        self.source = feed.connect()
        self.source.open(self.first_wanted, self.revoked.extend)

    def first_wanted(self, positions: Mapping[Partition, int]) -> Mapping[Partition, int]:
        stored = list(self.stored)
        return {
            place: max((offset + 1 for where, offset in stored if where == place), default=position)
            for place, position in positions.items()
        }

    def run(self) -> None:
        while not self.stop.is_set():
            positions = {}
            for record in self.source.poll(0.1):
                self.stored.append((record.origin.place, record.origin.offset))
                self.seen.add(record.origin.place)
                positions[record.origin.place] = record.origin.offset + 1
            try:
                self.source.commit(positions)
            except RetryLater:
                continue
        self.source.close()


def test_two_members_share_the_partitions_and_every_offset_comes_once(kafka: str) -> None:
    feed = KafkaFeed(kafka).create(partitions=4)
    stored: list[tuple[Partition, int]] = []
    written = 0

    def write() -> None:
        nonlocal written
        feed.write([f"{written + number}".encode() for number in range(40)])
        written += 40

    def keeps_writing(until: Callable[[], Any]) -> Callable[[], Any]:
        def step() -> Any:
            write()
            return until()

        return step

    first = Member(feed, stored)
    first.start()
    within(30.0, keeps_writing(lambda: stored))
    second = Member(feed, stored)
    second.start()
    within(60.0, keeps_writing(lambda: second.seen and second.seen == set(first.revoked)))
    first.stop.set()
    first.join()
    within(60.0, keeps_writing(lambda: len(second.seen) == 4))
    within(30.0, lambda: len(set(stored)) == written)
    second.stop.set()
    second.join()
    assert len(stored) == written


def test_a_lost_broker_is_waited_for() -> None:
    with embedded_broker() as address:
        feed = KafkaFeed(address).create()
        feed.write(VALUES)
        source = opened(feed)
        assert len(read(source, 20)) == 20
    for _ in range(5):
        assert source.poll(0.2) == []
    with pytest.raises(RetryLater):
        source.commit({feed.place: 20})
    assert source.lag() == {feed.place: 0}
    source.close()
