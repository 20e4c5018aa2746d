"""A place to do harm in: a topic that is written to, a store with an owner of its own, a candidate, mirrors."""

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from connectors.publisher import KafkaPublisher, ensure_topics
from shadow.funnel import Funnel, funnel
from shadow.store import open_store
from tests.connectors.chat_server import ChatServer, Reply
from tests.e2e.service import Running, running, write_config
from tests.e2e.traffic import GARBAGE, values

PARTITIONS = 4
PAUSE_S = 0.02


@dataclass
class Site:
    """`delay_s` is how long the candidate takes; `refused` is how many appends the store refused of a stale claim."""

    folder: Path
    servers: Sequence[str]
    topic: str
    delay_s: float = 0.02
    asked: int = 0
    refused: int = 0
    config: Path = field(init=False)
    _owner: "subprocess.Popen[bytes] | None" = None

    def owner(self) -> None:
        """Start the process that owns the store, or start it again after kill -9; returns when it serves the store."""
        if self._owner is not None:
            self._owner.kill()
            self._owner.wait()
        command = [sys.executable, "-m", "tests.faults.owner", str(self.folder / "store.duckdb")]
        self._owner = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._owner.stdout is not None
        with self._owner.stdout as said:
            assert said.readline() == b"ready\n", "the owner ended"

    def end(self) -> None:
        if self._owner is not None:
            self._owner.kill()
            self._owner.wait()

    @contextlib.contextmanager
    def mirror(self) -> Iterator[Running]:
        with running("mirror", "--config", self.config) as mirror:
            yield mirror
            self.refused += mirror.output.count("append_refused")

    def answer(self, _: dict[str, Any]) -> Reply:
        self.asked += 1
        return Reply(text="refund", delay_s=self.delay_s)

    def progress(self, mirror: Running, calls: int = 20) -> None:
        """Return when the candidate was asked so many times more."""
        target = self.asked + calls
        mirror.wait_for(lambda: self.asked >= target)

    def log_of(self, mirror: Running, event: str, times: int = 1) -> None:
        """Return when the mirror has said something so often."""
        mirror.wait_for(lambda: mirror.output.count(event) >= times)


@contextlib.contextmanager
def site(folder: Path, servers: Sequence[str], topic: str) -> Iterator[Site]:
    """A site with traffic under way: some records a second, unreadable and unknown ones among them."""
    ensure_topics(servers, {topic: PARTITIONS})
    place = Site(folder, servers, topic)
    with ChatServer(place.answer) as server:
        place.config = write_config(folder, '", "'.join(servers), topic, server.base_url)
        text = place.config.read_text()
        place.config.write_text(text.replace("[mirror]\n", "[mirror]\nin_flight = 16\n"))
        place.owner()
        try:
            with _traffic(place):
                yield place
            settle(place)
        finally:
            place.end()


def settle(place: Site, timeout_s: float = 120.0) -> None:
    """Let one mirror finish what is left; returns when every record has a fate, or the time is up, which is told."""
    expected = produced(place)
    with contextlib.closing(open_store(f"duckdb:{place.folder}/store.duckdb")) as store, place.mirror() as mirror:
        try:
            mirror.wait_for(lambda: store.read("SELECT count(*) AS n FROM intake").item() >= expected, timeout_s)
            time.sleep(1.0)
            mirror.interrupt()
        except AssertionError as error:  # the figures will show what is missing; this shows why
            sys.stderr.write(f"not settled: {error}\n")


def produced(place: Site) -> int:
    """How many offsets the topic has, all partitions together."""
    places = [TopicPartition(place.topic, number) for number in range(PARTITIONS)]
    consumer = KafkaConsumer(bootstrap_servers=list(place.servers), metrics_enabled=False)
    try:
        return int(sum(consumer.end_offsets(places).values()))
    finally:
        consumer.close()


def outcome(place: Site) -> tuple[int, Funnel]:
    """The offsets produced, and the funnel over what is stored."""
    with contextlib.closing(open_store(f"duckdb:{place.folder}/store.duckdb")) as store:
        return produced(place), funnel(store)


def stopped(mirror: Running, seconds: float) -> None:
    """SIGSTOP, and SIGCONT after so long."""
    mirror.process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    mirror.process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def _traffic(place: Site) -> Iterator[None]:
    stop = threading.Event()
    records = [*values(60), *GARBAGE, *values(4, "unknown")]

    def write() -> None:
        publisher = KafkaPublisher(place.servers, {"delivery_timeout_ms": 120_000, "max_block_ms": 60_000})
        number = 0
        while not stop.wait(PAUSE_S):
            publisher.publish(place.topic, str(number).encode(), records[number % len(records)])
            number += 1
        publisher.flush(60.0)
        # Batches of one at the end of each partition: the embedded broker tells the first offset of the last batch as
        # its end.
        for last in range(number, number + 8 * PARTITIONS):
            publisher.publish(place.topic, str(last).encode(), records[last % len(records)])
            publisher.flush(60.0)
        publisher.close()

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


Scenario = Callable[[Site, int], None]
