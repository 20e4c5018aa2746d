"""How fast the mirror takes in what is recorded, against a consumer loop that does nothing (`make bench-ingest`).

Both read the same topic with the same client settings, in this process, in turns. The bare loop counts records. The
mirror polls, decodes, scrubs, asks, scrubs the answer, stores it in a DuckDB file and commits. Its candidate has its
answer in memory and gives it without a wait, as a replay of recorded answers would. The clock runs from the call of
poll that brings the first record to the last record (bare) or the last commit (mirror).
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
from typing import Any

import polars as pl
from kafka import KafkaConsumer

from connectors.interaction import encode
from connectors.publisher import KafkaPublisher, ensure_topics
from connectors.sources import kafka
from connectors.types import Completion, Partition, Record, Request
from shadow import collector
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

    def answer_all(self, requests: pl.Series) -> pl.DataFrame:
        return pl.select(
            pl.repeat(getattr(self.answer, n), requests.len()).alias(n)
            for n in ("text", "finish_reason", "model", "output_tokens", "latency_ms")
        )

    async def probe(self) -> str:
        return "recorded answers"

    async def close(self) -> None:
        """Nothing is open."""


class Watched:
    """A source with a clock: from the first record to the commit behind the last one, then `stop` is set."""

    def __init__(self, source: kafka.KafkaSource, count: int, stop: asyncio.Event) -> None:
        self._source, self._count, self._stop = source, count, stop
        self._loop = asyncio.get_running_loop()
        self.clock = Clock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def poll(self, timeout_s: float) -> list[Record]:
        self.clock.maybe_begin()
        records = self._source.poll(timeout_s)
        if records:
            self.clock.begun = True
        return records

    def commit(self, positions: Mapping[Partition, int]) -> None:
        self._source.commit(positions)
        if max(positions.values()) >= self._count:
            self.clock.stop()
            self._loop.call_soon_threadsafe(self._stop.set)


class Clock:
    """Time since the poll that brought the first record: on the wall, and on the processor (all threads)."""

    def __init__(self) -> None:
        self.begun = False
        self._from = self._to = (0.0, 0.0)

    def maybe_begin(self) -> None:
        """Begin anew, until a poll has brought a record."""
        if not self.begun:
            self._from = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        self._to = time.perf_counter(), time.process_time()

    def each(self, count: int) -> tuple[float, float]:
        """Microseconds a record: wall, processor."""
        return 1e6 * (self._to[0] - self._from[0]) / count, 1e6 * (self._to[1] - self._from[1]) / count


def publish(address: str, count: int) -> None:
    """Write the records to the topic's only partition."""
    ensure_topics([address], {TOPIC: 1})
    publisher = KafkaPublisher([address], {"linger_ms": 20, "batch_size": 1 << 18, "delivery_timeout_ms": 60_000})
    for interaction in interactions(count):
        publisher.publish(TOPIC, None, encode(interaction))
    publisher.flush(60)
    publisher.close()


def bare(settings: kafka.Settings, count: int) -> tuple[float, float]:
    """Microseconds a record of a loop that only polls: wall, processor."""
    consumer = KafkaConsumer(
        *settings.topics,
        bootstrap_servers=settings.bootstrap_servers,
        group_id="bare",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=settings.max_poll_records,
        session_timeout_ms=settings.session_timeout_ms,
        metrics_enabled=False,
        max_partition_fetch_bytes=kafka.FETCH_BYTES,
    )
    seen, clock = 0, Clock()
    while seen < count:
        clock.maybe_begin()
        for batch in consumer.poll(timeout_ms=200).values():
            clock.begun = True
            seen += len(batch)
    clock.stop()
    consumer.close(autocommit=False)
    return clock.each(count)


def mirrored(settings: kafka.Settings, count: int, folder: Path) -> tuple[float, float]:
    """Microseconds a record of the mirror, its store in a fresh file; every record must have become a pair."""
    config = Config.model_validate(
        {
            "source": {"kind": "kafka", **settings.model_dump()},
            "models": {"small": {"kind": "recorded"}},
            "workflows": {WORKFLOW: {"candidates": ["small"]}},
        }
    )
    store = open_store(f"duckdb:{folder}/store.duckdb")
    store.migrate("shadow")

    async def run() -> tuple[float, float]:
        stop = asyncio.Event()
        source = Watched(kafka.connect("source", settings), count, stop)
        await Mirror(config, source, {"small": Recorded()}, store).run(stop)
        return source.clock.each(count)

    took = asyncio.run(run())
    result = funnel(store)
    store.close()
    if not result.adds_up or result.paired != count:
        raise SystemExit(f"not every record became a pair: {result.sentence}")
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bar", type=float, default=BAR, help="the least ratio that passes")
    arguments = parser.parse_args()
    count: int = arguments.records
    collector.calm()
    with broker() as (kind, address):
        print(f"{kind}; {platform.processor() or platform.machine()}, {multiprocessing.cpu_count()} cores")
        producer = multiprocessing.get_context("spawn").Process(target=publish, args=(address, count))
        producer.start()
        producer.join()
        size = sum(len(encode(one)) for one in interactions(1_000)) / 1_000
        print(f"{count:,} records of {size:,.0f} bytes, one partition, one process\n")
        print("us a record:  bare loop        mirror     records/s: bare   mirror  ratio   MB before, at most")
        print("            wall   cpu     wall   cpu")
        ratios = []
        for number in range(arguments.rounds):
            settings = kafka.Settings(
                bootstrap_servers=[address], topics=[TOPIC], group_id=f"mirror-{number}", session_timeout_ms=6_000
            )
            loop, loop_cpu = bare(settings, count)
            gc.collect()
            before = resident_mb()
            reset_peak()
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                took, took_cpu = mirrored(settings, count, Path(folder))
            ratios.append(loop / took)
            print(
                f"round {number + 1:2} {loop:8.1f} {loop_cpu:5.1f} {took:8.1f} {took_cpu:5.1f}  {1e6 / loop:16,.0f} "
                f"{1e6 / took:8,.0f} {ratios[-1]:6.2f} {before:8.0f}, {peak_mb():.0f}",
                flush=True,
            )
    ratio = statistics.median(ratios)
    print(f"\nmirror / bare consumer loop, median of {len(ratios)} rounds: {ratio:.2f} (bar {arguments.bar})")
    raise SystemExit(0 if ratio >= arguments.bar else 1)


if __name__ == "__main__":
    main()
