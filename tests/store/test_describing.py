"""Figures beside readiness on a real store: the judge as it was served."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from judge.describing.served import by_day, last_verdict, spent_today
from judge.money.entry import LEDGER, Entry
from judge.outcomes import Outcome
from shadow.store import Store, open_store
from tests.store.seeding import NOON, pair, store_pairs, store_verdict

PAIRS = [pair(n) for n in range(8)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"duckdb:{tmp_path}/s.duckdb")
    store.migrate("shadow")
    store.migrate("judge")
    store_pairs(store, PAIRS)
    yield store
    store.close()


def test_what_the_judge_said_is_counted_by_day_and_epoch_with_its_range(store: Store) -> None:
    for n in range(4):
        store_verdict(store, PAIRS[n], Outcome.EQUIVALENT if n else Outcome.UNDECIDED, NOON, "e1", flip=n < 2)
    store_verdict(store, PAIRS[0], Outcome.UNDECIDED, NOON + timedelta(hours=1), "e1", flip=True)  # stored twice
    for n in range(4, 8):
        store_verdict(store, PAIRS[n], Outcome.WORSE_MAJOR, NOON + timedelta(days=1), "e2")
    found = by_day(store, "triage", NOON + timedelta(days=2))
    counted = {(row["day"].day, row["epoch"], row["sign"]): row for row in found.to_dicts()}
    assert len(counted) == 8
    assert counted[23, "e1", "order_flips"]["pairs"] == 2
    assert counted[23, "e1", "order_flips"]["verdicts"] == 4
    assert counted[23, "e1", "undecided"]["share"] == 0.25
    assert counted[24, "e2", "worse"]["share"] == 1.0
    assert counted[24, "e2", "worse"]["lower"] < 0.7
    assert all(0 <= row["lower"] <= row["share"] <= row["upper"] <= 1 for row in counted.values())
    assert last_verdict(store, "triage") == NOON + timedelta(days=1)
    assert last_verdict(store, "nothing") is None
    assert by_day(store, "nothing", NOON).is_empty()


def entry(call: str, kind: str, when: datetime, usd: float | None, result: str | None = None) -> Entry:
    return Entry(
        call_id=call, entry=kind, workflow="triage", about_pair=None, model="arbiter@1", question=call, result=result,
        usd=usd, entered_at=when,
    )  # type: ignore[arg-type]  # fmt: skip


def entered(store: Store, *entries: Entry) -> None:
    rows = [msgspec.structs.astuple(each) for each in entries]
    store.append("ledger", pl.DataFrame(rows, schema=LEDGER, orient="row"))


def test_today_holds_what_was_begun_today_open_calls_at_their_most(store: Store) -> None:
    yesterday, later = NOON - timedelta(days=1), NOON + timedelta(seconds=1)
    entered(
        store,
        entry("old", "reserved", yesterday, 9.0),
        entry("old", "settled", NOON, 8.0, "answered"),
        entry("done", "reserved", NOON, 0.5),
        entry("done", "settled", later, 0.25, "answered"),
        entry("cut", "reserved", NOON, 0.5),
        entry("known", "settled", NOON, 0.0, "cached"),
    )
    found = spent_today(store, "triage", NOON + timedelta(hours=3))
    assert found.usd == 0.75
    assert found.by_model.to_dicts() == [
        {"model": "arbiter@1", "calls": 2, "cached": 1, "failed": 1, "usd": 0.75, "unpriced": 0}
    ]
    entered(store, entry("free", "reserved", NOON, None))
    assert spent_today(store, "triage", NOON).usd is None
    assert spent_today(store, "nothing", NOON).usd == 0.0
