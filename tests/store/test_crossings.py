"""A decision that was reached once stands: noted by the scorer, read as of a time, and held against the store."""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from judge.actions import sign_off
from judge.board import readiness_of
from judge.outcomes import Outcome, Phase, Severity, State
from judge.people import Actor, Role
from judge.readiness.line import Line
from judge.scoring.latching import Latching
from judge.scoring.plan import Plan
from judge.signing.signoff import verify
from shadow.store import Store, open_store
from tests.store.seeding import (
    AGREE,
    DEFECT,
    NOON,
    configuration,
    pair,
    store_checked,
    store_pairs,
    store_review,
    version,
)

CONFIG = configuration(judge=None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.duckdb"


def look(store: Store, when: datetime) -> int:
    return Latching(store, CONFIG).look(Plan("triage", [], version(store, CONFIG), None), when)


def line(store: Store, when: datetime, severity: Severity = Severity.MAJOR) -> Line:
    found = readiness_of(store, CONFIG, "triage", Phase.LIMITED, when)
    return next(each for each in found.lines if each.name == f"{severity} defects")


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def add(store: Store, numbers: range, defects: int, when: datetime) -> None:
    """Pairs of these numbers that the checks settle, the first `defects` of them as major defects."""
    pairs = [pair(n, mirrored_at=when) for n in numbers]
    store_pairs(store, pairs)
    if defects:
        store_checked(store, CONFIG, pairs[:defects], DEFECT, when=when)
    store_checked(store, CONFIG, pairs[defects:], when=when)


def test_ready_stands_when_the_evidence_falls_and_the_rate_keeps_the_budget(store: Store) -> None:
    add(store, range(400), 0, at(0))
    assert line(store, at(1)).state is State.READY
    assert look(store, at(1))
    assert look(store, at(2)) == 0, "an old crossing is not a new one"
    add(store, range(400, 700), 8, at(10))
    found = line(store, datetime.now(NOON.tzinfo))
    assert found.upper is not None
    assert found.budget is not None
    assert found.upper > found.budget
    assert found.state is State.READY
    assert "ready, reached on 2026-11-23 12:01 UTC with evidence" in found.sentence
    assert line(store, at(20)).state is State.INSUFFICIENT_EVIDENCE, "the look was not stored by then"


def test_ready_does_not_stand_when_the_rate_found_breaks_the_budget(store: Store) -> None:
    add(store, range(400), 0, at(0))
    look(store, at(1))
    add(store, range(400, 700), 15, at(10))
    assert line(store, datetime.now(NOON.tzinfo)).state is State.INSUFFICIENT_EVIDENCE


def test_blocked_stands_when_the_evidence_falls(store: Store) -> None:
    add(store, range(100), 40, at(0))
    assert look(store, at(1))
    add(store, range(100, 2500), 12, at(10))
    found = line(store, datetime.now(NOON.tzinfo))
    assert found.lower is not None
    assert found.budget is not None
    assert found.lower < found.budget
    assert found.state is State.BLOCKED
    assert "blocked, reached on" in found.sentence


def test_another_budget_starts_anew(store: Store) -> None:
    add(store, range(400), 0, at(0))
    look(store, at(1))
    add(store, range(400, 700), 8, at(10))
    changed = configuration(judge=None, budgets={"major": 0.021})
    found = readiness_of(store, changed, "triage", Phase.LIMITED, datetime.now(NOON.tzinfo))
    states = {each.name: each.state for each in found.lines}
    assert states["major defects"] is State.INSUFFICIENT_EVIDENCE


def test_a_label_that_a_person_corrects_takes_the_crossing_with_it(store: Store) -> None:
    pairs = [pair(n, mirrored_at=at(0)) for n in range(400)]
    store_pairs(store, pairs)
    store_checked(store, CONFIG, pairs, AGREE, when=at(0))
    for each in pairs[:330]:
        store_review(store, each, Outcome.EQUIVALENT, at(1), reason="random")
    assert look(store, at(2))
    store_review(store, pairs[0], Outcome.WORSE_MAJOR, at(3), "bob", reason="random")
    found = readiness_of(store, CONFIG, "triage", Phase.LIMITED, datetime.now(NOON.tzinfo))
    assert found.evidence.crossings == []


def test_a_sign_off_rests_on_counts_that_the_store_must_still_give(store: Store, path: Path) -> None:
    add(store, range(400), 0, at(0))
    look(store, at(1))
    add(store, range(400, 700), 8, at(10))
    now = datetime.now(NOON.tzinfo)
    seen = readiness_of(store, CONFIG, "triage", Phase.LIMITED, now)
    grace = Actor("grace", frozenset({Role.ADMIN}))
    sign_off(
        store, CONFIG, grace, "triage", seen.fingerprint, Phase.LIMITED, "reject", "not yet", seen.as_of, seen.digest
    )
    assert verify(store) == []
    store.close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE crossings SET cell = replace(cell, '\"checked\":400', '\"checked\":4000')")
    assert any("crossings" in each.sentence for each in verify(open_store(f"duckdb:{path}")))


def test_a_crossing_that_was_forged_before_it_was_signed_is_found(store: Store, path: Path) -> None:
    add(store, range(400), 0, at(0))
    look(store, at(1))
    store.close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE crossings SET cell = replace(cell, '\"checked\":400', '\"checked\":4000')")
    again = open_store(f"duckdb:{path}")
    seen = readiness_of(again, CONFIG, "triage", Phase.LIMITED, datetime.now(NOON.tzinfo))
    grace = Actor("grace", frozenset({Role.ADMIN}))
    sign_off(
        again, CONFIG, grace, "triage", seen.fingerprint, Phase.LIMITED, "reject", "not yet", seen.as_of, seen.digest
    )
    found = [each.sentence for each in verify(again)]
    again.close()
    assert any("is not that of the store" in each for each in found)
