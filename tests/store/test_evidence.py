"""Evidence read from a real store: every count, bounded by its time."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from connectors.errors import UserError
from connectors.types import Completion, Origin
from judge.board import board, calibration_of, evidence_of, readiness_of
from judge.evidence.record import (
    CheckCount,
    Compared,
    Evidence,
    Intake,
    Labelled,
    Latency,
    SettledCount,
    Tokens,
    Versions,
)
from judge.judging.epoch import setup_of
from judge.outcomes import Outcome, Phase, State
from judge.statistics.rate import quantile_ranks
from shadow.store import Store, open_store
from tests.store.seeding import (
    AGREE,
    DEFECT,
    DISAGREE,
    NOON,
    SMALL,
    configuration,
    pair,
    store_check_result,
    store_checked,
    store_pairs,
    store_review,
    store_verdict,
    version,
)

CONFIG = configuration()
LATER = NOON + timedelta(hours=1)


def evidence(store: Store, as_of: datetime = LATER, fingerprint: str = SMALL) -> Evidence:
    return evidence_of(store, CONFIG, "triage", fingerprint, as_of)


def at(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def store_skipped(store: Store, offsets: range, reason: str, when: datetime) -> None:
    rows = [
        {
            "topic": "calls",
            "partition": 0,
            "offset": offset,
            "workflow": "triage",
            "reason": reason,
            "inclusion_probability": 0.5,
            "skipped_at": when,
        }
        for offset in offsets
    ]
    store.append("skipped", pl.DataFrame(rows, schema_overrides={"skipped_at": pl.Datetime("us", "UTC")}))


def test_an_empty_store_is_evidence_of_nothing(store: Store) -> None:
    assert evidence(store) == Evidence(
        workflow="triage",
        fingerprint=SMALL,
        as_of=LATER,
        versions=Versions(checks=version(store, CONFIG), setup=setup_of(CONFIG, "triage")),
    )


def test_pairs(store: Store) -> None:
    failed = [
        pair(100, candidate=Completion(error="no answer within 1 s", latency_ms=99999.0), inclusion_probability=0.5),
        pair(101, production=Completion(error="overloaded"), scrub_version=""),
    ]
    store_pairs(store, [pair(n) for n in range(100)] + failed)
    store_pairs(store, [pair(n, fingerprint="small@2") for n in range(7)])
    store_pairs(store, [pair(500, workflow="another")])
    found = evidence(store)
    assert (found.captured, found.candidate_errors, found.unscrubbed) == (102, 1, 1)
    assert found.inclusion == (0.5, 1.0)
    assert found.versions.scrub == ["s1"]
    assert found.versions.production_models == ["large-1"]
    assert found.production_tokens == Tokens(101 * 50, 101 * 2, 1)
    assert found.candidate_tokens == Tokens(101 * 40, 101 * 3, 1)


@pytest.mark.parametrize("n", [1, 20, 100])
def test_latency_is_of_answered_calls_by_exact_ranks(store: Store, n: int) -> None:
    store_pairs(store, [pair(i) for i in range(n)])  # 1 ms, 2 ms, ... n ms
    store_pairs(store, [pair(n, candidate=Completion(error="refused", latency_ms=1e6))])
    low, high = quantile_ranks(n, 0.95)
    p95 = {1: 1.0, 20: 19.0, 100: 95.0}[n]
    assert evidence(store).candidate_latency == Latency(
        n=n,
        p50_ms={1: 1.0, 20: 10.0, 100: 50.0}[n],
        p95_ms=p95,
        p95_lower_ms=None if low is None else float(low),
        p95_upper_ms=None if high is None else float(high),
    )


def test_intake_accounts_for_every_record(store: Store) -> None:
    store_pairs(store, [pair(n) for n in range(10)] + [pair(n, fingerprint="small@2") for n in range(10)])
    store_skipped(store, range(10, 14), "sampled_out", at(13))
    store_skipped(store, range(14, 15), "shed", at(14))
    rejected = {"topic": "calls", "partition": 0, "offset": 15, "reason": "not JSON", "rejected_at": at(15)}
    store.append("rejected", pl.DataFrame([rejected], schema_overrides={"rejected_at": pl.Datetime("us", "UTC")}))
    assert evidence(store).intake == Intake(paired=10, skipped=4, shed=1, rejected=1)
    store_pairs(store, [pair(3)])
    assert evidence(store).intake.repeats == 1
    assert evidence(store).captured == 10


def test_a_gap_is_in_flight_for_a_minute_and_missing_after(store: Store) -> None:
    store_pairs(store, [pair(0), pair(1), pair(5)])
    assert evidence(store, at(6)).intake.missing == 0
    assert evidence(store, at(66)).intake.missing == 3
    store_pairs(store, [pair(2, mirrored_at=at(60)), pair(3, mirrored_at=at(60))])
    assert evidence(store, at(66)).intake.missing == 1
    # Another partition is a row of offsets of its own.
    store_pairs(store, [pair(900, origin=Origin("calls", 1, 900), mirrored_at=at(2))])
    assert evidence(store, at(66)).intake.missing == 1


def test_checks_and_strata(store: Store) -> None:
    pairs = [pair(n) for n in range(20)]
    store_pairs(store, pairs)
    store_checked(store, CONFIG, pairs[:5])
    store_checked(store, CONFIG, pairs[5:8], DEFECT)
    store_checked(store, CONFIG, pairs[8:12], DISAGREE)
    store_checked(store, CONFIG, pairs[12:18], AGREE)
    store_checked(store, CONFIG, pairs[12:18], AGREE)  # a repeat changes nothing
    for each in pairs[5:8]:
        store_check_result(store, CONFIG, each, "label_agreement", "FAIL")
    found = evidence(store)
    assert found.settled == [SettledCount("major", 3), SettledCount(None, 5)]
    assert found.strata == {"agree": 6, "disagree": 4}
    assert found.checked == 18
    assert found.checks == [CheckCount("label_agreement", "FAIL", 3)]
    assert found.overdue == 2
    assert evidence(store, at(78)).overdue == 1  # the last pair is not a minute old
    assert evidence(store, at(19)).overdue == 0


def test_other_checks_do_not_count(store: Store) -> None:
    pairs = [pair(n) for n in range(10)]
    store_pairs(store, pairs)
    store_checked(store, CONFIG, pairs)
    changed = configuration(checks=[{"check": "label_agreement", "severity": "critical"}])
    found = evidence_of(store, changed, "triage", SMALL, LATER)
    assert (found.checked, found.overdue) == (0, 10)


def test_labels_a_review_wins_over_a_verdict_and_over_an_older_review(store: Store) -> None:
    pairs = [pair(n) for n in range(10)]
    store_pairs(store, pairs)
    store_checked(store, CONFIG, pairs[:6], DISAGREE)
    store_checked(store, CONFIG, pairs[6:9], AGREE)
    store_checked(store, CONFIG, pairs[9:], DEFECT)
    for each in pairs[:4]:
        store_verdict(store, each, Outcome.WORSE_MAJOR, at(20))
    store_verdict(store, pairs[0], Outcome.EQUIVALENT, at(25))  # judged again: the first word stands
    store_verdict(store, pairs[6], Outcome.UNDECIDED, at(21), flip=True)
    store_verdict(store, pairs[1], Outcome.EQUIVALENT, at(19), epoch="e0")  # an older epoch
    store_review(store, pairs[1], Outcome.WORSE_MINOR, at(30))
    store_review(store, pairs[1], Outcome.CANDIDATE_BETTER, at(31), reviewer="bob")
    store_review(store, pairs[7], Outcome.EQUIVALENT, at(32), reason="random")
    store_review(store, pairs[9], Outcome.EQUIVALENT, at(33))  # settled: known already
    found = evidence(store)
    assert found.labels == [
        Labelled(stratum="agree", verdict="undecided", pairs=1),
        Labelled(stratum="agree", review="equivalent", offered="random", pairs=1),
        Labelled(stratum="disagree", verdict="worse_major", review="candidate_better", pairs=1),
        Labelled(stratum="disagree", verdict="worse_major", pairs=3),
    ]
    assert found.reviews == 4
    assert found.versions.epoch == "e1"
    assert (found.judge.verdicts, found.judge.flips, found.judge.undecided) == (5, 1, 1)
    assert found.judge.against_reviews == [], "what reviewers picked themselves is no sample of the verdicts"
    store_review(store, pairs[2], Outcome.WORSE_MINOR, at(34), reason="confirm")
    store_review(store, pairs[3], Outcome.EQUIVALENT, at(35), reason="control")
    assert evidence(store).judge.against_reviews == [Compared("worse_major", "minor", 1)]


def test_the_judge_is_compared_with_ground_truth_on_settled_pairs(store: Store) -> None:
    pairs = [pair(n, ground_truth="billing") for n in range(4)] + [pair(4)]
    store_pairs(store, pairs)
    store_checked(store, CONFIG, pairs[:2])
    store_checked(store, CONFIG, pairs[2:], DEFECT)  # the last one by a hard fail, without ground truth
    for each in pairs:
        store_verdict(store, each, Outcome.WORSE_MAJOR, at(20))
    assert evidence(store).judge.against_truth == [
        Compared("worse_major", "major", 2),
        Compared("worse_major", None, 2),
    ]
    calibration = calibration_of(store, CONFIG, "triage", LATER)
    assert calibration.state is State.BLOCKED
    assert calibration.sentence == (
        "this judge agrees with ground truth 0.50 of the time on 4 labels; the floor is 0.80: refused"
    )


def test_the_same_time_gives_the_same_answer_for_ever(store: Store) -> None:
    pairs = [pair(n) for n in range(30)]
    store_pairs(store, pairs)
    store_checked(store, CONFIG, pairs[:20], DISAGREE)
    store_verdict(store, pairs[0], Outcome.EQUIVALENT, at(30))
    store_review(store, pairs[1], Outcome.EQUIVALENT, at(31))
    boards = [board(store, CONFIG, at(40))]
    store_pairs(store, [pair(n, production=Completion(text="x", model="large-2")) for n in range(50, 60)])
    store_checked(store, CONFIG, pairs[20:], DEFECT, when=at(50))
    store_verdict(store, pairs[2], Outcome.EQUIVALENT, at(51), epoch="e2")
    store_review(store, pairs[1], Outcome.WORSE_MAJOR, at(52))
    store_check_result(store, CONFIG, pair(59), "label_agreement", "ERROR")
    store_skipped(store, range(60, 70), "shed", at(53))
    boards.append(board(store, CONFIG, at(40)))
    assert boards[0] == boards[1]
    assert [each.digest for each in boards[0]] != [each.digest for each in board(store, CONFIG, at(60))]


def test_the_board_shows_each_candidate_by_its_newest_fingerprint(store: Store) -> None:
    config = configuration(candidates=["small", "other"])
    store_pairs(store, [pair(1), pair(2, fingerprint="small@2"), pair(3, fingerprint="gone@1")])
    found = board(store, config, LATER)
    assert [each.phase for each in found] == list(Phase) * 2
    assert list(dict.fromkeys(each.fingerprint for each in found)) == ["small@2", "other"]
    with pytest.raises(UserError, match=r"2 candidates; name one of: small@2, other"):
        readiness_of(store, config, "triage", Phase.LIMITED, LATER)
    assert readiness_of(store, config, "triage", Phase.LIMITED, LATER, SMALL).evidence.captured == 1
    assert readiness_of(store, CONFIG, "triage", Phase.LIMITED, LATER).fingerprint == "small@2"


def test_an_unknown_workflow_is_refused(store: Store) -> None:
    with pytest.raises(UserError, match=r"unknown workflow 'triaje'; did you mean 'triage'"):
        readiness_of(store, CONFIG, "triaje", Phase.LIMITED)
    with pytest.raises(UserError, match="has no judge"):
        calibration_of(store, configuration(judge=None), "triage")


def test_a_process_attached_to_the_owner_reads_the_same(store: Store, tmp_path: Path) -> None:
    pairs = [pair(n) for n in range(30)]
    store_pairs(store, pairs)
    store_checked(store, CONFIG, pairs[:20])
    store_checked(store, CONFIG, pairs[20:], DISAGREE)
    store_verdict(store, pairs[21], Outcome.EQUIVALENT, at(30))
    store_review(store, pairs[21], Outcome.EQUIVALENT, at(31))
    attached = open_store(f"duckdb:{tmp_path}/s.duckdb")
    try:
        assert board(attached, CONFIG, LATER) == board(store, CONFIG, LATER)
    finally:
        attached.close()


def test_the_mix_that_guesses_are_made_for_is_that_of_the_first_pairs_before_any_label(store: Store) -> None:
    pairs = [pair(n) for n in range(400)]
    store_pairs(store, pairs)
    assert evidence(store).first == {}
    store_checked(store, CONFIG, pairs[:150], AGREE, when=at(1))
    store_checked(store, CONFIG, pairs[150:250], DISAGREE, when=at(2))
    store_checked(store, CONFIG, pairs[250:300], DEFECT, when=at(3))
    assert evidence(store).first == {"agree": 150, "disagree": 50}
    assert evidence(store, at(1)).first == {"agree": 150}
    store_verdict(store, pairs[0], Outcome.EQUIVALENT, at(2))
    store_checked(store, CONFIG, pairs[300:], AGREE, when=at(1))
    assert evidence(store).first == {"agree": 200}


def test_pairs_that_were_checked_after_a_label_do_not_move_the_guesses(store: Store) -> None:
    pairs = [pair(n) for n in range(100)]
    store_pairs(store, pairs)
    store_checked(store, CONFIG, pairs[:10], AGREE, when=at(1))
    store_review(store, pairs[0], Outcome.EQUIVALENT, at(2))
    before = evidence(store).first
    store_checked(store, CONFIG, pairs[10:], DISAGREE, when=at(3))
    assert evidence(store).first == before == {"agree": 10}
