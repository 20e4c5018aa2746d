"""Erasure, retention, compaction and export: on what a process owns, and refused on what it does not."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from connectors.errors import UserError
from judge.outcomes import Outcome
from shadow.erasure import Erasure, erase_subject, retain
from shadow.export import export
from shadow.funnel import funnel
from shadow.held import held
from shadow.scrub.walk import pseudonym
from shadow.store import Store
from tests.store.contract.conftest import Served
from tests.store.seeding import NOON, pair, store_pairs, store_review, store_verdict

SECRET = "zq-what-ada-said-and-must-not-remain"
owned = pytest.mark.parametrize("served", ["file", "lake"], indirect=True)
NOW = NOON + timedelta(days=100)


def seeded(store: Store) -> None:
    """Pairs 0 to 9 of two subjects; a verdict and a review for pair 1, which is Ada's."""
    pairs = [pair(n, subject_key=pseudonym("ada" if n < 3 else "grace")) for n in range(10)]
    store_pairs(store, pairs)
    store_verdict(store, pairs[1], Outcome.EQUIVALENT, NOON)
    store_review(store, pairs[1], Outcome.EQUIVALENT, NOON, reviewer=SECRET)


@owned
def test_a_subject_is_erased_from_every_table_and_the_funnel_still_adds_up(store: Store) -> None:
    seeded(store)
    assert erase_subject(store, "ada", "officer", NOW) == Erasure(pairs=3, rows=5)
    for table, left in (("pairs", 7), ("verdicts", 0), ("reviews", 0)):
        assert store.read(f"SELECT count(*) AS n FROM {table}").item() == left
    counts = funnel(store)
    assert (counts.seen, counts.paired, counts.erased, counts.adds_up) == (10, 7, 3, True)
    assert held(store, [pair(0).origin])[pair(0).origin].runs == ((0, 9),)
    record = store.read("SELECT * FROM erasures").row(0, named=True)
    assert (record["why"], record["removed_pairs"], record["removed_rows"], record["erased_by"]) == (
        "subject",
        3,
        5,
        "officer",
    )
    assert pseudonym("ada") not in str(record)


@owned
def test_an_unknown_subject_is_on_record_with_nothing_removed(store: Store) -> None:
    assert erase_subject(store, "nobody", "officer", NOW) == Erasure(0, 0)
    assert store.read("SELECT removed_pairs FROM erasures")["removed_pairs"].to_list() == [0]


@owned
def test_retention_goes_by_age_and_workflow(store: Store) -> None:
    old, new = NOON - timedelta(days=40), NOON - timedelta(days=5)
    store_pairs(
        store,
        [
            pair(0, occurred_at=old),
            pair(1, occurred_at=new),
            pair(2, occurred_at=old, workflow="kept"),
            pair(3, occurred_at=new, workflow="short"),
        ],
    )
    gone = retain(store, 30, {"kept": 365, "short": 3, "triage": None}, "service", NOON)
    assert gone == {"short": Erasure(1, 1), "triage": Erasure(1, 1)}
    left = store.read('SELECT "offset" FROM pairs ORDER BY 1')["offset"].to_list()
    assert left == [1, 2]
    assert retain(store, None, {}, "service", NOON + timedelta(days=999)) == {}
    assert retain(store, 30, {"kept": 365, "short": 3}, "service", NOON) == {}
    assert store.read("SELECT count(*) AS n FROM erasures").item() == 2


@owned
def test_old_readings_of_the_bounds_go_with_the_pairs(store: Store) -> None:
    times = [NOON - timedelta(days=days) for days in (40, 20, 40)]
    rows = pl.DataFrame(
        {"workflow": ["triage", "triage", "kept"], "read_at": times},
        schema_overrides={"read_at": pl.Datetime("us", "UTC")},
    ).with_columns(
        **{name: pl.lit("any") for name in ("fingerprint", "phase", "line", "state", "phase_state")}, budget=pl.lit(0.1)
    )
    store.append("readings", rows)
    store_pairs(store, [pair(0), pair(1, workflow="kept")])
    gone = retain(store, 30, {"kept": 365}, "service", NOON, also={"readings": "read_at"})
    assert gone == {"triage": Erasure(pairs=0, rows=1)}
    assert store.read("SELECT workflow, read_at FROM readings ORDER BY ALL").rows() == [
        ("kept", times[2]), ("triage", times[1]),
    ]  # fmt: skip
    assert store.read("SELECT why, removed_rows FROM erasures").rows() == [("age", 1)]


@owned
def test_after_compaction_no_file_holds_what_was_erased(store: Store, served: Served, tmp_path: Path) -> None:
    seeded(store)
    store.append("rejected", pl.DataFrame())
    store.compact()
    erase_subject(store, "ada", "officer", NOW)
    sentence = store.compact()
    assert "bytes now" in sentence or "files removed" in sentence
    assert store.read("SELECT count(*) AS n FROM pairs").item() == 7
    store_pairs(store, [pair(20)])
    again = served.open()
    assert again.read("SELECT count(*) AS n FROM pairs").item() == 8
    again.close()
    holding = [file for file in tmp_path.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]
    assert holding == []


@pytest.mark.parametrize("served", ["client of a file", "quack"], indirect=True)
def test_who_does_not_own_the_store_is_told_who_does(store: Store) -> None:
    store_pairs(store, [pair(0)])
    with pytest.raises(UserError, match=r"stop the service|run this there"):
        store.compact()
    with pytest.raises(UserError, match=r"stop the service|run this there"):
        erase_subject(store, "ada", "officer", NOW)
    assert store.read("SELECT count(*) AS n FROM pairs").item() == 1


def test_every_table_is_exported_or_those_of_a_workflow(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shadow.export.ROWS", 4)
    store_pairs(store, [pair(n, workflow="triage" if n < 7 else "other") for n in range(10)])
    whole = {path.stem: rows for path, rows in export(store, tmp_path / "all", None)}
    assert (whole["pairs"], whole["verdicts"], "migrations" in whole) == (10, 0, True)
    kept = pl.read_parquet(tmp_path / "all" / "pairs.parquet").sort("offset")
    assert kept.equals(store.read('SELECT * FROM pairs ORDER BY "offset"'))
    mine = {path.stem: rows for path, rows in export(store, tmp_path / "mine", "triage")}
    assert (mine["pairs"], "migrations" in mine) == (7, False)
