"""Leak trials are kept, and read as of a time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from shadow.leaks import EVERY, Leakage, Trials, leakage
from shadow.scrub import MASKED, Policy
from shadow.store import open_store


def test_a_trial_is_kept_and_due_again_later_or_under_other_rules(tmp_path: Path) -> None:
    store = open_store(f"duckdb:{tmp_path}/s.duckdb")
    store.migrate("shadow")
    before = datetime.now(UTC)
    trials = Trials(store, {"triage": MASKED, "open": Policy(mode="full")})
    assert trials.run_due(before) == ["triage"]
    assert trials.run_due(datetime.now(UTC)) == []
    now = datetime.now(UTC) + timedelta(seconds=1)
    assert leakage(store, ["triage", "open"], now) == {"triage": Leakage(planted=400)}
    assert leakage(store, ["triage"], before) == {}
    assert trials.run_due(now + EVERY) == ["triage"]
    changed = Trials(store, {"triage": Policy(keep=frozenset({"ip"}))})
    assert changed.run_due(now) == ["triage"]
    store.close()
