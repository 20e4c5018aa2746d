"""Figures beside readiness on a real store: the judge as it was served, candidates beside each other."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from connectors.types import Completion
from judge.board import board, evidence_of, readiness_of
from judge.describing.candidate import describe, reliability
from judge.describing.comparing import Compared, compare, comparisons, difference, sentence
from judge.describing.readings import KEEP_EVERY, Readings, take, trend
from judge.describing.served import by_day, last_verdict, spent_today
from judge.describing.week import WEEK, Week, week
from judge.evidence.record import Confidence
from judge.money.entry import LEDGER, Entry
from judge.outcomes import Outcome, Phase
from shadow.store import Store, open_store
from tests.store.seeding import (
    DEFECT,
    DISAGREE,
    NOON,
    SMALL,
    configuration,
    pair,
    store_checked,
    store_pairs,
    store_review,
    store_verdict,
)

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


def test_two_candidates_are_compared_where_both_outcomes_are_known(store: Store) -> None:
    config, other = configuration(), "other@2"
    theirs = [pair(n, fingerprint=other) for n in range(8)]
    store_pairs(store, theirs)
    store_checked(store, config, PAIRS[:3], DEFECT)  # ours: 0-2 spoilt, 3 disagrees, the rest fine
    store_checked(store, config, PAIRS[3:4], DISAGREE)
    store_checked(store, config, PAIRS[4:])
    store_checked(store, config, theirs[:1], DEFECT)  # theirs: 0 spoilt, 3 disagrees
    store_checked(store, config, [*theirs[1:3], *theirs[4:]])
    store_checked(store, config, theirs[3:4], DISAGREE)
    later = NOON + timedelta(minutes=5)
    versions = evidence_of(store, config, "triage", SMALL, later).versions

    def found() -> Compared:
        return compare(
            store, "triage", evidence_of(store, config, "triage", SMALL, later).versions, SMALL, other, later
        )

    store_review(store, theirs[3], Outcome.WORSE_MAJOR, NOON)
    assert found().only_other == 0, "what somebody picked is no sample"
    store_review(store, theirs[3], Outcome.WORSE_MAJOR, NOON + timedelta(seconds=1), reason="random")
    assert (found().requests, found().only_one, found().only_other, found().same) == (8, 2, 0, 5)  # 3: theirs alone
    assert found().difference.rate is None, "of the requests on which both disagree nothing is known for both"
    store_verdict(store, PAIRS[3], Outcome.EQUIVALENT, NOON)
    assert (found().known, found().only_one, found().only_other, found().same) == (8, 2, 1, 5)
    assert found().difference.rate == pytest.approx(1 / 8)
    assert found().difference.lower < 0 < found().difference.upper
    assert sentence(SMALL, other, found()).endswith("(95 %, valid at every look): no difference is shown")
    nothing = compare(store, "triage", versions, SMALL, "nobody@1", later)
    assert (nothing.requests, nothing.known, nothing.difference.rate) == (0, 0, None)


def test_a_candidate_is_described_by_its_speed_its_errors_and_its_price(store: Store) -> None:
    answers = [Completion(text="a", latency_ms=1.0, time_to_first_token_ms=float(n + 1)) for n in range(200)]
    store_pairs(store, [pair(100 + n, candidate=answer) for n, answer in enumerate(answers)])
    store_pairs(store, [pair(400 + n, candidate=Completion(error="timed out")) for n in range(3)])
    readiness = readiness_of(store, configuration(), "triage", Phase.LIMITED, NOON + timedelta(hours=1))
    found = describe(store, readiness)
    first = found.first_token["candidate"]
    assert (first.n, first.p50_ms, first.p95_ms) == (200, 100.0, 190.0)
    assert first.p95_lower_ms is not None
    assert first.p95_lower_ms < 190
    assert found.first_token["production"].n == 0
    assert found.errors.to_dicts() == [{"error": "timed out", "pairs": 3}]
    assert found.usd_a_call == {"candidate": None, "production": None}
    assert found.usd_a_task is None


def test_confidence_is_held_against_what_was_right() -> None:
    found = reliability(
        [Confidence(0.92, 10, 1), Confidence(0.98, 10, 0), Confidence(1.0, 5, 0), Confidence(0.1, 4, 3)]
    )
    assert found["pairs"].to_list() == [4, 25]
    assert found["said"].to_list() == pytest.approx([0.1, 0.96])
    assert found["right"].to_list() == pytest.approx([0.25, 0.96])
    assert reliability([Confidence(None, 9, 1)]).is_empty()


def test_readings_are_kept_when_a_state_changes_and_every_hour(store: Store) -> None:
    config, now = configuration(), NOON + timedelta(hours=1)
    assert take(store, config, now) > 0
    assert take(store, config, now + timedelta(minutes=5)) == 0
    later = now + timedelta(minutes=10)
    spoilt = [pair(500 + n) for n in range(60)]
    store_pairs(store, spoilt)
    store_checked(store, config, spoilt, DEFECT)
    assert take(store, config, later) > 0
    assert take(store, config, later + KEEP_EVERY - timedelta(minutes=1)) == 0
    assert take(store, config, later + KEEP_EVERY + timedelta(seconds=1)) > 0
    seen = readiness_of(store, config, "triage", Phase.LIMITED, later + 2 * KEEP_EVERY)
    moved = trend(store, seen).filter(pl.col("line") == "major defects")
    assert moved["read_at"].is_sorted()
    assert moved["state"].to_list() == ["insufficient_evidence", "blocked", "blocked", "blocked"]
    assert trend(store, seen, days=0)["read_at"].unique().to_list() == [seen.as_of]


def test_readings_are_taken_when_they_are_due(store: Store) -> None:
    readings = Readings(store, configuration())
    assert readings.take_due(NOON + timedelta(hours=1)) > 0
    assert readings.take_due(NOON + timedelta(hours=3)) > 0
    assert readings.take_due(NOON + timedelta(hours=3, minutes=1)) == 0


def test_a_week_counts_what_it_brought_and_what_it_cost(store: Store) -> None:
    store_verdict(store, PAIRS[0], Outcome.EQUIVALENT, NOON)
    store_review(store, PAIRS[0], Outcome.EQUIVALENT, NOON)
    entered(
        store,
        entry("done", "reserved", NOON, 0.5),
        entry("done", "settled", NOON, 0.25, "answered"),
        entry("open", "reserved", NOON, 1.0),
    )
    now = NOON + timedelta(days=1)
    assert week(store, now) == {"triage": Week(pairs=8, verdicts=1, reviews=1, usd=0.25, usd_most=1.25)}
    assert week(store, now + WEEK) == {}
    entered(store, entry("free", "reserved", NOON, None))
    assert week(store, now)["triage"].unpriced == 1


def counted(requests: int, only_one: int, only_other: int, same: int) -> dict[str, int]:
    return {"requests": requests, "only_one": only_one, "only_other": only_other, "same": same}


def test_strata_weigh_what_they_are_of_the_requests_and_not_of_what_is_known() -> None:
    """Nine of ten requests are agreements and alike; the tenth was read much more, and the first is worse there."""
    found = difference([counted(9000, 0, 0, 400), counted(1000, 300, 100, 100)])
    assert found.rate == pytest.approx(0.1 * 0.4)
    assert found.lower is not None
    assert 0 < found.lower < 0.04 < found.upper < 0.1
    unread = difference([counted(9000, 0, 0, 0), counted(1000, 300, 100, 100)])
    assert (unread.rate, unread.lower < -0.7, unread.upper > 0.9) == (None, True, True)


def test_a_difference_that_is_not_there_is_shown_in_few_runs_however_often_one_looks() -> None:
    rng, runs, shown = np.random.default_rng(5), 200, 0
    for _ in range(runs):
        counts = np.zeros((2, 3), dtype=int)
        for _ in range(8):
            counts += [rng.multinomial(40, (0.01, 0.01, 0.98)), rng.multinomial(40, (0.2, 0.2, 0.6))]
            found = difference([counted(n, *map(int, row)) for n, row in zip((9000, 1000), counts, strict=True)])
            if found.lower > 0 or found.upper < 0:
                shown += 1
                break
    assert shown / runs <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5


def test_every_two_candidates_of_a_workflow_are_set_side_by_side(store: Store) -> None:
    config = configuration(candidates=["small", "other"])
    theirs = [pair(n, fingerprint="other@2") for n in range(8)]
    store_pairs(store, theirs)
    store_checked(store, config, PAIRS)
    store_checked(store, config, theirs, DEFECT)
    (found,) = comparisons(store, board(store, config, NOON + timedelta(minutes=5)))
    assert (found.workflow, found.one, found.other) == ("triage", SMALL, "other@2")
    assert found.compared.only_other == 8
    assert found.sentence.startswith("small@1 and other@2 on 8 same requests, 8 known for both: difference in serious")
