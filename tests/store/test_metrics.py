"""The figures for Prometheus, read from a real store and parsed as Prometheus would."""

from datetime import UTC, datetime, timedelta

import polars as pl
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from dashboards.metrics import COUNTED_EVERY_S, Operation
from shadow.beat import beat, newest_beats
from shadow.store import Store
from tests.store.seeding import NOON, configuration, pair, store_checked, store_pairs

PARTS = {"component": "mirror"}


def exposition(store: Store) -> bytes:
    registry = CollectorRegistry()
    registry.register(Operation(store))
    return generate_latest(registry)


def figures(text: bytes) -> dict[tuple[str, str, str], float]:
    """By name, component or workflow, and state or fate."""
    return {
        (
            sample.name,
            sample.labels.get("component") or sample.labels.get("workflow", ""),
            sample.labels.get("state") or sample.labels.get("fate", ""),
        ): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_lag_age_funnel_and_what_waits(store: Store) -> None:
    pairs = [pair(n) for n in range(5)]
    store_pairs(store, [*pairs[:3], pairs[4]])
    store_checked(store, configuration(), pairs[:1])
    beat(store, "mirror", "paused", lag=7, in_flight=3, oldest_in_flight_s=12.5)
    beat(store, "scorer", "running", lag=2, in_flight=0)
    found = figures(exposition(store))
    assert found["shadowjudge_lag", "mirror", ""] == 7
    assert found["shadowjudge_in_flight", "mirror", ""] == 3
    assert found["shadowjudge_oldest_in_flight_seconds", "mirror", ""] == 12.5
    assert found["shadowjudge_oldest_in_flight_seconds", "scorer", ""] == 0
    assert found["shadowjudge_part_state", "mirror", "paused"] == 1
    assert 0 <= found["shadowjudge_heartbeat_age_seconds", "scorer", ""] < 60
    assert found["shadowjudge_records", "triage", "paired"] == 4
    assert found["shadowjudge_records_seen", "", ""] == 5
    assert found["shadowjudge_records_missing", "", ""] == 1
    assert found["shadowjudge_records_repeated", "", ""] == 0
    assert found["shadowjudge_unscored_pairs", "triage", ""] == 3
    assert found["shadowjudge_oldest_unscored_seconds", "triage", ""] > 0


def test_a_part_that_ended_or_died_keeps_its_age_and_an_ended_one_has_no_lag(store: Store) -> None:
    beat(store, "mirror", "running", lag=7, in_flight=1)
    beat(store, "mirror", "stopped")
    found = figures(exposition(store))
    assert ("shadowjudge_lag", "mirror", "") not in found
    assert ("shadowjudge_heartbeat_age_seconds", "mirror", "") in found
    nobody = open_registry(store, at=datetime.now(UTC) + timedelta(days=30))
    assert nobody.get_sample_value("shadowjudge_part_state", labels(store, "stopped")) == 1
    assert nobody.get_sample_value("shadowjudge_heartbeat_age_seconds", labels(store)) > 29 * 86_400  # type: ignore[operator]


def test_an_empty_store_has_figures_too(store: Store) -> None:
    assert figures(exposition(store))["shadowjudge_records_seen", "", ""] == 0


def test_what_is_counted_over_every_record_is_counted_once_a_minute(store: Store) -> None:
    seconds = [0.0]
    registry = CollectorRegistry()
    registry.register(Operation(store, clock=lambda: seconds[0]))
    seen = "shadowjudge_records_seen"
    assert registry.get_sample_value(seen) == 0
    store_pairs(store, [pair(0)])
    beat(store, "mirror", "running", lag=1)
    assert registry.get_sample_value(seen) == 0
    assert registry.get_sample_value("shadowjudge_lag", labels(store)) == 1, "heartbeats are read at every scrape"
    seconds[0] = COUNTED_EVERY_S
    assert registry.get_sample_value(seen) == 1


def test_of_processes_long_gone_only_the_last_is_remembered(store: Store) -> None:
    rows = [("mirror", f"host:{n}", NOON + timedelta(minutes=n), "running", n, None, None, "") for n in range(3)]
    columns = ("component", "instance", "beat_at", "state", "lag", "in_flight", "oldest_in_flight_s", "detail")
    types = {"beat_at": pl.Datetime("us", "UTC"), "in_flight": pl.Int64, "oldest_in_flight_s": pl.Float64}
    store.append("heartbeats", pl.DataFrame(rows, schema=columns, schema_overrides=types, orient="row"))
    assert newest_beats(store, NOON + timedelta(days=9))["lag"].to_list() == [2]
    assert newest_beats(store, NOON + timedelta(hours=9))["lag"].to_list() == [2, 1, 0]


def open_registry(store: Store, at: datetime) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Operation(store, now=lambda: at))
    return registry


def labels(store: Store, state: str | None = None) -> dict[str, str]:
    instance = newest_beats(store, datetime.now(UTC))["instance"][0]
    return {**PARTS, "instance": instance, **({"state": state} if state else {})}
