"""Pairs whose texts are not kept: nothing of them in the store, and the checks' word all the same."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from connectors.errors import RetryLater, UserError
from connectors.types import Completion, Origin, ToolCall
from judge.actions import review
from judge.board import evidence_of, readiness_of
from judge.browsing.excerpts import excerpts
from judge.browsing.filter import Show, shown
from judge.browsing.pages import pairs_page
from judge.evidence.record import Textless
from judge.outcomes import Outcome, Phase, State
from judge.people import Actor, Role
from judge.queries import pair_detail
from judge.sampling.reviewing import next_for_reviewer, waiting
from judge.scoring.examined import NOT_KEPT, checked, examiners
from judge.scoring.scorer import Scorer
from shadow.answered import Answered, pairs_of
from shadow.config import Config, validate
from shadow.intake import Admitted
from shadow.outbox import Outbox
from shadow.pairs import from_frame, to_frame
from shadow.scrub import Policy
from shadow.store import Store, open_store
from shadow.textless import FAILED
from shadow.types import Pair
from tests.e2e.traffic import interaction

SMALL = "small@1"
DROP = Policy(mode="drop")
TEXTS = ("Ticket", "invoice", "billing", "refund", "Zanzibar", "cancel_order")


def config(policy: str = "drop", labels: Sequence[str] = ("billing", "refund"), **workflow: Any) -> Config:
    raw = {
        "source": {"kind": "file"},
        "models": {"small": {"kind": "openai", "model": "small-1b"}},
        "workflows": {
            "triage": {
                "candidates": ["small"],
                "scrub": {"policy": policy},
                "checks": [{"check": "label_in_set", "labels": list(labels)}, {"check": "label_agreement"}],
                **workflow,
            }
        },
    }
    return validate(Config, raw, "test.toml")


def answered(n: int, candidate: Completion | str, truth: str | None = "billing") -> Answered:
    admitted = Admitted(
        Origin("calls", 0, n), msgspec.structs.replace(interaction(n), ground_truth=truth), {"email": 1}, 1.0, DROP
    )
    return Answered(admitted, {SMALL: Completion(text=candidate) if isinstance(candidate, str) else candidate})


ANSWERS = [
    answered(0, "billing"),
    answered(1, "refund"),
    answered(2, "Zanzibar"),
    answered(3, Completion(error="400: Zanzibar is no label")),
    answered(4, Completion(refusal="not about refund", tool_calls=[ToolCall("cancel_order", '{"why": "refund"}')])),
]


def mirror(store: Store, finished: Sequence[Answered], settings: Config | None = None) -> None:
    outbox = Outbox(store)
    outbox.put(pairs_of(finished, examiners(settings or config())))
    outbox.flush()


def score(store: Store, settings: Config | None = None) -> int:
    return asyncio.run(Scorer(store, settings or config(), {}, "test.toml").check())


def test_no_table_holds_a_word_of_what_was_said(store: Store) -> None:
    mirror(store, ANSWERS)
    score(store)
    names = store.read("SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()")
    for name in names["table_name"]:
        rows = str(store.read(f'SELECT * FROM "{name}"').to_dicts())
        assert not [text for text in TEXTS if text.casefold() in rows.casefold()], name
    kept = from_frame(store.read('SELECT * FROM pairs ORDER BY "offset"'))
    assert [pair.candidate.error for pair in kept] == [None, None, None, FAILED, None]
    assert {pair.production.latency_ms for pair in kept} == {900.0}
    assert {str(pair.scrubbed) for pair in kept} == {"{'email': 1}"}
    assert all(" drop " in pair.scrub_version for pair in kept)


def test_the_checks_say_of_them_what_they_say_of_pairs_with_texts(tmp_path: Path, store: Store) -> None:
    mirror(store, ANSWERS)
    assert score(store) == len(ANSWERS)
    kept = open_store(f"duckdb:{tmp_path}/kept.duckdb")
    kept.migrate("shadow")
    kept.migrate("judge")
    masked = [Answered(msgspec.structs.replace(each.admitted, policy=Policy()), each.answers) for each in ANSWERS]
    mirror(kept, masked, config("masked"))
    score(kept, config("masked"))
    told = "pair_id, checks_version, stratum, outcome, severity, failed, draw, length, language, tools, slice_tags"
    results = "pair_id, check_name, status, severity, who_is_right"
    for table, columns in (("checked", told), ("check_results", results)):
        ours, theirs = (each.read(f"SELECT {columns} FROM {table} ORDER BY ALL") for each in (store, kept))
        assert ours.equals(theirs), table
    assert set(store.read("SELECT detail FROM check_results WHERE status = 'FAIL'")["detail"]) == {NOT_KEPT}
    assert store.read("SELECT DISTINCT textless FROM checked")["textless"].to_list() == [True]
    assert kept.read("SELECT DISTINCT textless FROM checked")["textless"].to_list() == [None]
    kept.close()


def test_a_pair_survives_its_row() -> None:
    [(_, (pair,))] = pairs_of([answered(1, "refund")], examiners(config()))
    assert from_frame(to_frame([pair])) == [pair]
    checks = examiners(config())["triage"]
    with pytest.raises(KeyError):
        pairs_of([answered(1, "refund")])
    assert pair.examined is not None
    assert pair.examined.by == checks(pair).by


def test_whatever_dies_in_between_a_pair_is_checked_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The findings lie in the pair's row: before the append nothing is stored, behind it all is."""
    append = store.append
    monkeypatch.setattr(store, "append", _away)
    with pytest.raises(RetryLater):
        mirror(store, [answered(0, "billing")])
    monkeypatch.setattr(store, "append", append)
    assert store.read("SELECT (SELECT count(*) FROM pairs) + (SELECT count(*) FROM checked) AS n").item() == 0
    # Delivered again the candidate may answer otherwise; what it said the first time is nowhere.
    mirror(store, [answered(0, "refund")])

    def dies_before_checked(table: str, frame: pl.DataFrame) -> int:
        return _away() if table == "checked" else append(table, frame)

    monkeypatch.setattr(store, "append", dies_before_checked)
    with pytest.raises(RetryLater):
        score(store)
    monkeypatch.setattr(store, "append", append)
    assert (score(store), score(store)) == (1, 0)
    assert store.read("SELECT stratum, severity, failed FROM checked").rows() == [
        ("settled", "major", ["label_agreement"])
    ]
    assert store.read("SELECT count(DISTINCT (status, detail)) AS n FROM check_results").item() == 1


def _away(*_: object) -> int:
    raise RetryLater("the store's owner went away")


def test_other_checks_cannot_check_them_and_say_so(store: Store) -> None:
    mirror(store, ANSWERS)
    later = config(labels=["billing"])
    mirror(store, [answered(9, "billing")], later)
    assert score(store, later) == 1
    evidence = evidence_of(store, later, "triage", SMALL, datetime.now(UTC) + timedelta(minutes=2))
    assert (evidence.captured, evidence.checked, evidence.overdue) == (6, 1, 0)
    assert evidence.textless == Textless(pairs=6, left_open=0, other_checks=5)
    line = _line(store, later, Phase.SHADOW, "texts")
    assert line == "texts: not kept of 6 pairs, of which 5 were examined by other checks and do not count: ready"


def test_what_checks_leave_open_stays_open(store: Store) -> None:
    settings = config()
    mirror(store, [answered(n, "billing", truth=None) for n in range(40)])
    score(store)
    soon = datetime.now(UTC) + timedelta(seconds=2)
    readiness = readiness_of(store, settings, "triage", Phase.LIMITED, soon, SMALL)
    states = {line.name: line.state for line in readiness.lines}
    for name in ("texts", "major defects", "answers"):
        assert states[name] is State.INSUFFICIENT_EVIDENCE, name
    assert "nobody can read the 40 that checks leave open" in _line(store, settings, Phase.LIMITED, "texts")
    assert "nobody can read the 40 pairs" in _line(store, settings, Phase.SHADOW, "judge")
    assert [each.random for each in waiting(store, settings, "triage")] == [0]
    assert next_for_reviewer(store, settings, "ann", "triage") is None


def test_readers_of_a_store_with_both_are_shown_only_what_can_be_read(store: Store) -> None:
    mirror(store, [answered(n, "billing", truth=None) for n in range(5)])
    masked = config("masked")
    readable = answered(7, "billing", truth=None)
    mirror(store, [Answered(msgspec.structs.replace(readable.admitted, policy=Policy()), readable.answers)], masked)
    score(store, masked)
    offered = next_for_reviewer(store, masked, "ann", "triage")
    assert offered is not None
    assert offered.pair_id == store.read("SELECT pair_id FROM pairs WHERE examined_by IS NULL").item()
    assert "nobody can read the 5" in _line(store, masked, Phase.LIMITED, "texts")


def test_pages_say_that_the_text_is_not_kept_and_a_label_is_refused(store: Store) -> None:
    mirror(store, ANSWERS[:1])
    score(store)
    rows = pairs_page(store, shown("triage", Show.ALL)).rows
    listed = excerpts(store, rows)
    assert listed.select("production", "candidate").rows() == [("text not kept", "text not kept")]
    reference = rows.select("pair_id", "occurred_at").row(0)
    assert pair_detail(store, config(), *reference).pair.examined is not None
    ann = Actor("ann", frozenset({Role.REVIEWER}))
    with pytest.raises(UserError, match="texts of this pair are not kept"):
        review(store, ann, *reference, Outcome.EQUIVALENT, "", "production", "one")


def test_what_was_found_is_read_as_it_was_written() -> None:
    settings = config()
    entries = pairs_of(ANSWERS, examiners(settings))
    pairs: list[Pair] = [pair for _, pairs in entries for pair in pairs]
    assert [checked([], pair).settled.stratum for pair in pairs] == ["settled"] * 5


@pytest.mark.parametrize("table", [{"judge": {"model": "small"}}, {"noise_floor": {"model": "small"}}])
def test_nobody_may_be_asked_about_texts_that_are_not_kept(table: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=rf"keeps no text that could be read again; leave \[{next(iter(table))}\] out"):
        config(**table)
    config("masked", **table)


def _line(store: Store, settings: Config, phase: Phase, name: str) -> str:
    soon = datetime.now(UTC) + timedelta(minutes=2)
    lines = readiness_of(store, settings, "triage", phase, soon, SMALL).lines
    return next(line.sentence for line in lines if line.name == name)
