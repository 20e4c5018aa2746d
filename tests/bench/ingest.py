"""How fast the mirror takes in what is recorded, against a consumer loop that does nothing (`make bench-ingest`).

Both read the same topic with the same client settings, in this process, in turns. The bare loop counts records. The
mirror polls, decodes, scrubs, asks, scrubs the answer, stores it in a DuckDB file and commits. Its candidate is of the
kind "recorded": a file holds an answer to each request. The clock runs from the call of poll that brings the first
record to the last record (bare) or the last commit (mirror). The recording is read before.
"""

import argparse
import asyncio
import gc
import multiprocessing
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from kafka import KafkaConsumer

from connectors.interaction import Interaction, encode
from connectors.models import recorded
from connectors.publisher import KafkaPublisher, ensure_topics
from connectors.sources import kafka
from connectors.types import Partition, Record, Replay
from shadow import collector
from shadow.config import Config
from shadow.funnel import funnel
from shadow.mirror import Mirror
from shadow.scrub import Scrubbed, scrub_all
from shadow.store import open_store
from tests.bench.broker import broker
from tests.bench.memory import peak_mb, reset_peak, resident_mb
from tests.bench.messages import LABELS, WORKFLOW, interactions

BAR = 0.5
TOPIC = "recorded"


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


def publish(address: str, count: int, recording: Path) -> None:
    """Write the records to the topic's only partition, and an answer to each of their requests to a file."""
    ensure_topics([address], {TOPIC: 1})
    publisher = KafkaPublisher([address], {"linger_ms": 20, "batch_size": 1 << 18, "delivery_timeout_ms": 60_000})
    schema = pa.schema([("request", pa.string()), ("text", pa.string()), ("latency_ms", pa.float64())])
    with pq.ParquetWriter(recording, schema) as file:
        for some in batched(interactions(count), 5_000):
            for interaction in some:
                publisher.publish(TOPIC, None, encode(interaction))
            rows = [recorded_answer(clean.interaction) for clean in scrub_all(some) if isinstance(clean, Scrubbed)]
            file.write_batch(pa.RecordBatch.from_pylist(rows, schema))
            publisher.flush(60)
    publisher.close()


def recorded_answer(interaction: Interaction) -> dict[str, Any]:
    """What the candidate said: the same as production in half of the cases or more, else any label."""
    chance = random.Random(interaction.request_id)
    text = interaction.response.text if chance.random() < 0.5 else chance.choice(LABELS)
    request = msgspec.json.encode(interaction.request).decode()
    return {"request": request, "text": text, "latency_ms": round(chance.uniform(20, 400), 3)}


def batched(items: Iterable[Interaction], size: int) -> Iterator[list[Interaction]]:
    items = iter(items)
    while some := list(islice(items, size)):
        yield some


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


def mirrored(
    settings: kafka.Settings, count: int, folder: Path, candidate: Replay
) -> tuple[float, float, float, float]:
    """Microseconds a record of the mirror (wall, processor); MB resident at most, and of DuckDB at the end.

    Its store is a fresh file; every record must become an answered pair.
    """
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
        await Mirror(config, source, {"small": candidate}, store).run(stop)
        return source.clock.each(count)

    took = asyncio.run(run())
    most_mb = peak_mb()  # before the questions below
    result = funnel(store)
    duckdb_mb = store.read("SELECT sum(memory_usage_bytes) / 1e6 AS mb FROM duckdb_memory()").item()
    answered = store.read("SELECT count(candidate_text) AS n FROM pairs").item()
    store.close()
    if not result.adds_up or result.paired != count or answered != count:
        raise SystemExit(f"{answered} pairs with an answer, of {count} records: {result.sentence}")
    return *took, most_mb, float(duckdb_mb)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bar", type=float, default=BAR, help="the least ratio that passes")
    arguments = parser.parse_args()
    count: int = arguments.records
    collector.calm()
    with broker() as (kind, address), tempfile.TemporaryDirectory(prefix="bench-") as folder:
        print(f"{kind}; {platform.processor() or platform.machine()}, {multiprocessing.cpu_count()} cores")
        recording = Path(folder) / "answers.parquet"
        producer = multiprocessing.get_context("spawn").Process(target=publish, args=(address, count, recording))
        producer.start()
        producer.join()
        candidate = recorded.connect("small", recorded.Settings(path=recording))
        size = sum(len(encode(one)) for one in interactions(1_000)) / 1_000
        print(f"{count:,} records of {size:,.0f} bytes, one partition, one process\n")
        print("us a record:  bare loop        mirror     records/s: bare   mirror  ratio   cpu  MB first, most, DuckDB")
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
            with tempfile.TemporaryDirectory(prefix="bench-") as fresh:
                took, took_cpu, most_mb, duckdb_mb = mirrored(settings, count, Path(fresh), candidate)
            ratios.append(loop / took)
            print(
                f"round {number + 1:2} {loop:8.1f} {loop_cpu:5.1f} {took:8.1f} {took_cpu:5.1f}  {1e6 / loop:16,.0f} "
                f"{1e6 / took:8,.0f} {ratios[-1]:6.2f} {loop_cpu / took_cpu:5.2f} {before:8.0f}, {most_mb:.0f}, "
                f"{duckdb_mb:.0f} (load {os.getloadavg()[0]:.0f})",
                flush=True,
            )
    ratio = statistics.median(ratios)
    print(f"\nmirror / bare consumer loop, median of {len(ratios)} rounds: {ratio:.2f} (bar {arguments.bar})")
    raise SystemExit(0 if ratio >= arguments.bar else 1)


if __name__ == "__main__":
    main()
