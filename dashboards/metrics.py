"""What the mirror and the scorer are doing, as figures for Prometheus, read from the store.

The parts say how they are in heartbeats, so any process that reaches the store can serve the figures of all of them,
and a part that died is seen by the age of its last word. The gate serves them at /metrics.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import polars as pl
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from judge.queries import unscored
from shadow.beat import newest_beats
from shadow.funnel import Funnel, funnel
from shadow.store import Store

COUNTED_EVERY_S = 60.0
"""How long a count over every record serves: at ten million records it takes a second of two cores."""
_PART = ("component", "instance")
_STOPPED = "stopped"


class Operation(Collector):
    """Heartbeats at every scrape, the funnel and what is unscored once a minute. Safe to use from many threads."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._clock, self._now = store, clock, now
        self._lock = threading.Lock()
        self._counted_s = float("-inf")
        self._counted: tuple[Funnel, pl.DataFrame] | None = None

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing: registering must not read the store."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Raises RetryLater while the store does not answer."""
        now = self._now()
        yield from _parts(newest_beats(self._store, now), now)
        counts, waiting = self._counts()
        yield from _records(counts)
        yield from _waiting(waiting, now)

    def _counts(self) -> tuple[Funnel, pl.DataFrame]:
        with self._lock:
            if self._counted is None or self._clock() - self._counted_s >= COUNTED_EVERY_S:
                self._counted = funnel(self._store), unscored(self._store)
                self._counted_s = self._clock()
            return self._counted


def _parts(beats: pl.DataFrame, now: datetime) -> Iterator[GaugeMetricFamily]:
    """One figure of each process of the last day; lag and calls only of those that have not stopped."""
    age = GaugeMetricFamily(
        "shadowjudge_heartbeat_age_seconds", "seconds since a part last said how it is", labels=_PART
    )
    state = GaugeMetricFamily("shadowjudge_part_state", "1 for the state a part is in", labels=(*_PART, "state"))
    lag = GaugeMetricFamily(
        "shadowjudge_lag", "records not yet polled (mirror), pairs not yet scored (scorer)", labels=_PART
    )
    in_flight = GaugeMetricFamily("shadowjudge_in_flight", "calls to models under way or waiting", labels=_PART)
    oldest = GaugeMetricFamily(
        "shadowjudge_oldest_in_flight_seconds", "how long the oldest call under way has taken", labels=_PART
    )
    waited = GaugeMetricFamily(
        "shadowjudge_oldest_waiting_seconds", "for how long the judge's queue has not been empty (scorer)", labels=_PART
    )
    for row in beats.iter_rows(named=True):
        part = (row["component"], row["instance"])
        age.add_metric(part, (now - row["beat_at"]).total_seconds())
        state.add_metric((*part, row["state"]), 1.0)
        if row["state"] == _STOPPED:
            continue
        for family, value in ((lag, row["lag"]), (in_flight, row["in_flight"])):
            if value is not None:
                family.add_metric(part, value)
        if row["in_flight"] is not None:
            oldest.add_metric(part, row["oldest_in_flight_s"] or 0.0)
            waited.add_metric(part, row["oldest_waiting_s"] or 0.0)
    yield from (age, state, lag, in_flight, oldest, waited)


def _records(counts: Funnel) -> Iterator[GaugeMetricFamily]:
    """The funnel. Gauges, since erasure moves records from one fate to another."""
    records = GaugeMetricFamily(
        "shadowjudge_records", "records of the source by what became of them", labels=("workflow", "fate", "reason")
    )
    for workflow, fate, reason, number in counts.rows.iter_rows():
        records.add_metric((workflow, fate, reason), number)
    yield records
    yield GaugeMetricFamily("shadowjudge_records_seen", "offsets from the first to the last stored", counts.seen)
    yield GaugeMetricFamily(
        "shadowjudge_records_missing", "offsets in between without a fate: in flight, or lost", counts.missing
    )
    yield GaugeMetricFamily("shadowjudge_records_repeated", "records stored more than once", counts.repeats)


def _waiting(pairs: pl.DataFrame, now: datetime) -> Iterator[GaugeMetricFamily]:
    number = GaugeMetricFamily("shadowjudge_unscored_pairs", "pairs that no checks have seen", labels=("workflow",))
    oldest = GaugeMetricFamily(
        "shadowjudge_oldest_unscored_seconds", "how long the oldest of these has waited", labels=("workflow",)
    )
    for workflow, pairs_waiting, since in pairs.iter_rows():
        number.add_metric((workflow,), pairs_waiting)
        oldest.add_metric((workflow,), (now - since).total_seconds())
    yield from (number, oldest)
