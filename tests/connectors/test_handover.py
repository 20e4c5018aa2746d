"""Whatever becomes of Kafka, the caller neither waits nor hears of it, and every record is counted."""

import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable

import pytest

from connectors.handover import Handover, Publisher
from connectors.publisher import KafkaPublisher, ensure_topics
from tests.connectors.chat_server import ChatServer
from tests.connectors.kafka_feed import KafkaFeed
from tests.connectors.source_contract import opened, read

Delivered = Callable[[Exception | None], None]


class Exploding:
    """A publisher that fails in the way it is told."""

    def __init__(self, way: str) -> None:
        self.way = way

    def publish(self, topic: str, key: bytes | None, value: bytes, delivered: Delivered | None = None) -> None:
        if self.way == "publish":
            raise RuntimeError("the publisher exploded")
        assert delivered is not None
        delivered(RuntimeError("the broker refused") if self.way == "delivery" else None)


def exploding(way: str) -> Callable[[], Publisher]:
    def connect() -> Publisher:
        if way == "connect":
            raise RuntimeError("no connection")
        return Exploding(way)

    return connect


@pytest.mark.parametrize(
    ("way", "published", "dropped"),
    [
        ("connect", 0, {"unreachable": 3}),
        ("publish", 0, {"not_published": 3}),
        ("delivery", 0, {"not_published": 3}),
        ("never", 3, {}),
    ],
)
def test_every_record_is_counted(way: str, published: int, dropped: dict[str, int]) -> None:
    handover = Handover(exploding(way), "calls", capacity=10)
    for _ in range(3):
        handover.put(b"key", b"value")
    assert handover.flush(10.0)
    assert (handover.published, handover.dropped) == (published, dropped)


def test_a_full_queue_drops_and_never_blocks() -> None:
    connected = threading.Event()

    def connect() -> Publisher:
        connected.wait()
        return Exploding("never")

    handover = Handover(connect, "calls", capacity=4)
    for _ in range(10):
        handover.put(b"key", b"value")
    assert handover.dropped == {"queue_full": 6}
    assert not handover.flush(0.05)
    connected.set()
    assert handover.flush(10.0)
    assert handover.published == 4


def test_records_that_are_not_acknowledged_fill_the_queue_too() -> None:
    tell: list[Delivered | None] = []

    class Silent:
        def publish(self, topic: str, key: bytes | None, value: bytes, delivered: Delivered | None = None) -> None:
            tell.append(delivered)

    handover = Handover(Silent, "calls", capacity=2)
    for _ in range(3):
        handover.put(b"key", b"value")
    while len(tell) < 2:
        time.sleep(0.01)
    assert handover.dropped == {"queue_full": 1}
    for delivered in tell:
        assert delivered is not None
        delivered(None)
    assert handover.flush(10.0)
    assert handover.published == 2


def test_a_broker_that_is_not_there() -> None:
    handover = Handover(lambda: KafkaPublisher(["127.0.0.1:1"], {"bootstrap_timeout_ms": 300}), "calls", capacity=100)
    for _ in range(5):
        handover.put(b"key", b"value")
    assert handover.flush(20.0)
    assert handover.dropped == {"unreachable": 5}


@pytest.mark.broker
def test_a_record_too_large_is_counted(broker: str) -> None:
    topic = f"large-{uuid.uuid4().hex[:8]}"
    ensure_topics([broker], {topic: 1})
    publishers: list[KafkaPublisher] = []

    def connect() -> Publisher:
        publishers.append(KafkaPublisher([broker]))
        return publishers[0]

    handover = Handover(connect, topic, capacity=10)
    handover.put(b"key", b"x" * 3_000_000)
    handover.put(b"key", b"value")
    assert handover.flush(20.0)
    assert (handover.published, handover.dropped) == (1, {"not_published": 1})
    publishers[0].close()


SCRIPT = """
import os, sys, openai
from connectors.capture import captured
url, broker, topic, forks = sys.argv[1:]
client = captured(openai.OpenAI(base_url=url, api_key="any"), workflow="w", topic=topic, bootstrap_servers=[broker])
client.chat.completions.create(model="m", messages=[])
if forks == "forks" and os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
if forks == "forks":
    client.chat.completions.create(model="m", messages=[])
"""


@pytest.mark.broker
@pytest.mark.parametrize(("forks", "records"), [("stays", 1), ("forks", 2)])
def test_a_program_that_ends_at_once_loses_nothing(broker: str, forks: str, records: int) -> None:
    feed = KafkaFeed(broker).create()
    with ChatServer(lambda request: "yes") as server:
        subprocess.run(
            [sys.executable, "-c", SCRIPT, server.base_url, broker, feed.topic, forks], check=True, timeout=60
        )
    source = opened(feed)
    assert len(read(source, records)) == records
    assert source.poll(0.3) == []
    source.close()


def test_a_program_ends_in_time_though_the_broker_never_answers() -> None:
    with ChatServer(lambda request: "yes") as server, socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        subprocess.run(
            [sys.executable, "-c", SCRIPT, server.base_url, address, "calls", "stays"], check=True, timeout=60
        )
        assert time.monotonic() - started < 30
