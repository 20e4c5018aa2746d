"""What every source must do, whatever it reads: inherit the class and give it a `feed`."""

import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from connectors.types import Partition, Record, Source

VALUES = [f"value {number}".encode() for number in range(20)]


class Feed(Protocol):
    """One stream of one partition that a test fills and reads, in a group of its own."""

    place: Partition

    def write(self, values: Sequence[bytes]) -> None: ...

    def connect(self) -> Source: ...


def opened(feed: Feed, held: int = 0, revoked: list[Partition] | None = None) -> Source:
    """A source of the feed's group, opened by somebody who holds everything before the offset `held`."""

    def first_wanted(positions: Mapping[Partition, int]) -> Mapping[Partition, int]:
        return {place: max(position, held) if held else position for place, position in positions.items()}

    source = feed.connect()
    source.open(first_wanted, (revoked if revoked is not None else []).extend)
    return source


def read(source: Source, count: int, within_s: float = 30.0) -> list[Record]:
    """At least `count` records, or those that came in time."""
    records: list[Record] = []
    deadline = time.monotonic() + within_s
    while len(records) < count and time.monotonic() < deadline:
        records += source.poll(0.1)
    return records


def offsets(records: Sequence[Record]) -> list[int]:
    return [record.origin.offset for record in records]


class SourceContract:
    paused_s = 0.3

    def test_records_come_in_order_with_their_place(self, feed: Feed) -> None:
        feed.write(VALUES)
        source = opened(feed)
        records = read(source, 20)
        source.close()
        assert [record.value for record in records] == VALUES
        assert offsets(records) == list(range(20))
        assert {record.origin.place for record in records} == {feed.place}

    def test_it_continues_behind_what_is_held(self, feed: Feed) -> None:
        feed.write(VALUES)
        source = opened(feed, held=7)
        records = read(source, 13)
        source.close()
        assert offsets(records) == list(range(7, 20))

    def test_what_was_not_committed_comes_again(self, feed: Feed) -> None:
        feed.write(VALUES)
        first = opened(feed)
        assert len(read(first, 20)) == 20
        first.close()
        second = opened(feed)
        records = read(second, 20)
        second.close()
        assert offsets(records) == list(range(20))

    def test_paused_it_gives_nothing_and_keeps_its_partitions(self, feed: Feed) -> None:
        feed.write(VALUES)
        revoked: list[Partition] = []
        source = opened(feed, revoked=revoked)
        source.pause()
        assert read(source, 1, within_s=self.paused_s) == []
        source.resume()
        records = read(source, 20)
        assert revoked == []
        source.close()
        assert offsets(records) == list(range(20))

    def test_an_unreadable_value_is_a_record_too(self, feed: Feed) -> None:
        values = [b"\xff\xfe not UTF-8", b"{", b'{"schema": "somebody.else/9"}']
        feed.write(values)
        source = opened(feed)
        records = read(source, 3)
        source.close()
        assert [record.value for record in records] == values

    def test_lag_counts_what_is_not_yet_polled(self, feed: Feed) -> None:
        feed.write(VALUES)
        source = opened(feed)
        assert len(read(source, 20)) == 20
        assert source.lag() == {feed.place: 0}
        source.close()
