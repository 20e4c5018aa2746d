"""Static membership, on the broker that teams run: a member with a name of its own comes back to its partitions."""

import time

import pytest

from connectors.errors import UserError
from connectors.types import Partition
from tests.connectors.apache_kafka import Cluster
from tests.connectors.kafka_feed import KafkaFeed
from tests.connectors.source_contract import VALUES, opened, read
from tests.connectors.test_kafka import Member, within

pytestmark = pytest.mark.broker


def test_a_restart_within_the_session_moves_no_partition(apache: Cluster) -> None:
    feed = KafkaFeed(apache.bootstrap_servers[0], {"session_timeout_ms": 20_000}).create(partitions=4)
    stored: list[tuple[Partition, int]] = []

    def joined(name: str) -> Member:
        feed.settings["group_instance_id"] = name
        member = Member(feed, stored)
        member.start()
        return member

    def written() -> bool:
        feed.write([f"{time.monotonic()}-{number}".encode() for number in range(40)])
        return True

    one = joined("one")
    within(30.0, lambda: written() and stored)
    two = joined("two")
    within(60.0, lambda: written() and two.seen and two.seen == set(one.revoked))
    moved = list(one.revoked)
    two.stop.set()
    two.join()
    again = joined("two")
    within(30.0, lambda: written() and again.seen == two.seen)
    assert one.revoked == moved
    for member in (one, again):
        member.stop.set()
        member.join()
    assert len(stored) == len(set(stored))


def test_a_second_member_of_the_same_name_ends_the_first_with_a_sentence(apache: Cluster) -> None:
    """At the latest when it asks for its partitions again: kafka-python says nothing of it while it polls."""
    feed = KafkaFeed(apache.bootstrap_servers[0], {"group_instance_id": "one"}).create()
    feed.write(VALUES)
    first = opened(feed)
    assert len(read(first, 20)) == 20
    second = opened(feed)
    assert len(read(second, 20)) == 20
    with pytest.raises(UserError, match="another member uses group_instance_id 'one'; give each its own"):
        first.begin_again([feed.place])
    for source in (first, second):
        source.close()
