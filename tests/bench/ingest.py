"""How fast the mirror takes in what is recorded, against a consumer loop that does nothing (`make bench-ingest`).

Both read the same topic with the same client settings, in this process, in turns. The bare loop counts records. The
mirror polls, decodes, scrubs, asks, scrubs the answer, stores in a DuckDB file and commits. Its candidate has its answer
in memory and gives it without a wait, as a replay of recorded answers would: a network is in `make bench-candidates`.
The clock runs from the call of poll that brings the first record to the last record (bare) or the last commit (mirror).
"""

import argparse
import asyncio
import gc
import multiprocessing
import platform
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from kafka import KafkaConsumer

from connectors.interaction import encode
from connectors.publisher import KafkaPublisher, ensure_topics
from connectors.sources import kafka
from connectors.types import Completion, Partition, Record, Request
from shadow.config import Config
from shadow.funnel import funnel
from shadow.mirror import Mirror
from shadow.store import open_store
from tests.bench.broker import broker
from tests.bench.memory import peak_mb, reset_peak, resident_mb
from tests.bench.messages import WORKFLOW, interactions

BAR = 0.5
TOPIC = "recorded"


class Recorded:
    """Implements connectors.types.Model: the same recorded answer to every request, at once."""

    name, fingerprint = "small", "small@recorded"
    answer = Completion(text="billing", finish_reason="stop", model="small-1", output_tokens=2, latency_ms=180.5)

    async def complete(self, request: Request) -> Completion:
        return self.answer

    async def probe(self) -> str:
        return "recorded answers"

    async def close(self) -> None:
        """Nothing is open."""


class Watched(kafka.KafkaSource):
    """The Kafka source with a clock: from the first record to the commit behind the last one, then `stop` is set."""

    def watch(self, count: int, stop: asyncio.Event) -> None:
        self._wanted, self._stop, self._loop = count, stop, asyncio.get_running_loop()
        self.begun = self.ended = 0.0

    def poll(self, timeout_s: float) -> list[Record]:
        called = time.perf_counter()
        records = super().poll(timeout_s)
        if records and not self.begun:
            self.begun = called
        return records

    def commit(self, positions: Mapping[Partition, int]) -> None:
        super().commit(positions)
        if max(positions.values()) >= self._wanted:
            self.ended = time.perf_counter()
            self._loop.call_soon_threadsafe(self._stop.set)


def publish(address: str, count: int) -> None:
    """Write the records to the topic's only partition."""
    ensure_topics([address], {TOPIC: 1})
    publisher = KafkaPublisher([address], {"linger_ms": 20, "batch_size": 1 << 18, "delivery_timeout_ms": 60_000})
    for interaction in interactions(count):
        publisher.publish(TOPIC, None, encode(interaction))
    publisher.flush(60)
    publisher.close()


def bare(settings: kafka.Settings, count: int) -> float:
    """Records a second of a loop that only polls."""
    consumer = KafkaConsumer(
        *settings.topics,
        bootstrap_servers=settings.bootstrap_servers,
        group_id="bare",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=settings.max_poll_records,
        session_timeout_ms=settings.session_timeout_ms,
        metrics_enabled=False,
        **settings.client,
    )
    seen, begun = 0, 0.0
    while seen < count:
        called = time.perf_counter()
        batches = consumer.poll(timeout_ms=200)
        if batches and not begun:
            begun = called
        seen += sum(map(len, batches.values()))
    took = time.perf_counter() - begun
    consumer.close(autocommit=False)
    return count / took


def mirrored(settings: kafka.Settings, count: int, folder: Path) -> float:
    """Records a second of the mirror, its store in a fresh file; every record must have become a pair."""
    config = Config.model_validate(
        {
            "source": {"kind": "kafka", **settings.model_dump()},
            "models": {"small": {"kind": "recorded"}},
            "workflows": {WORKFLOW: {"candidates": ["small"]}},
        }
    )
    store = open_store(f"duckdb:{folder}/store.duckdb")
    store.migrate("shadow")

    async def run() -> float:
        source = kafka.connect("source", settings)
        source.__class__ = Watched
        assert isinstance(source, Watched)
        stop = asyncio.Event()
        source.watch(count, stop)
        await Mirror(config, source, {"small": Recorded()}, store).run(stop)
        return count / (source.ended - source.begun)

    rate = asyncio.run(run())
    result = funnel(store)
    store.close()
    if not result.adds_up or result.paired != count:
        raise SystemExit(f"not every record became a pair: {result.sentence}")
    return rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bar", type=float, default=BAR, help="the least ratio that passes")
    arguments = parser.parse_args()
    count: int = arguments.records
    with broker() as (kind, address):
        print(f"{kind}; {platform.processor() or platform.machine()}, {multiprocessing.cpu_count()} cores")
        producer = multiprocessing.get_context("spawn").Process(target=publish, args=(address, count))
        producer.start()
        producer.join()
        size = sum(len(encode(one)) for one in interactions(1_000)) / 1_000
        print(f"{count:,} records of {size:,.0f} bytes, one partition, one process\n")
        print("round   bare loop/s   mirror/s   ratio   resident before, peak MB")
        ratios = []
        for number in range(arguments.rounds):
            settings = kafka.Settings(
                bootstrap_servers=[address], topics=[TOPIC], group_id=f"mirror-{number}", session_timeout_ms=6_000
            )
            alone = bare(settings, count)
            gc.collect()
            before = resident_mb()
            reset_peak()
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                rate = mirrored(settings, count, Path(folder))
            ratios.append(rate / alone)
            print(f"{number + 1:5} {alone:13,.0f} {rate:10,.0f} {ratios[-1]:7.2f} {before:14.0f}, {peak_mb():.0f}")
    ratio = statistics.median(ratios)
    print(f"\nmirror / bare consumer loop, median of {len(ratios)} rounds: {ratio:.2f} (bar {arguments.bar})")
    raise SystemExit(0 if ratio >= arguments.bar else 1)


if __name__ == "__main__":
    main()
