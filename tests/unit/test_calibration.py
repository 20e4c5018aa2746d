"""The judge against people and ground truth: tables of counts, and the state and sentence that they must give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.calibration.calibrate import calibrate
from judge.calibration.tally import accuracy, agreement
from judge.evidence.record import Compared, JudgeRecord
from judge.outcomes import Severity, State
from judge.readiness.policy import JudgePolicy
from judge.statistics.bounds import Accuracy

POLICY = JudgePolicy(model="arbiter", rubric="same_answer", min_labels=30, min_agreement=0.8)


def table(hits: int, misses: int, alarms: int, passes: int, undecided_on: tuple[int, int] = (0, 0)) -> list[Compared]:
    """Verdicts against truth; `undecided_on` says how many were undecided on defects and on clean pairs."""
    rows = [
        Compared("worse_major", "major", hits),
        Compared("equivalent", "major", misses),
        Compared("worse_minor", None, alarms),
        Compared("candidate_better", None, passes),
        Compared("undecided", "major", undecided_on[0]),
        Compared("undecided", None, undecided_on[1]),
    ]
    return [row for row in rows if row.pairs]


GOOD = table(hits=38, misses=2, alarms=3, passes=57)


@pytest.mark.parametrize(
    ("record", "state", "sentence"),
    [
        (
            JudgeRecord(),
            State.INSUFFICIENT_EVIDENCE,
            "0 pairs have both a verdict and a review; 30 more are needed to calibrate the judge",
        ),
        (
            JudgeRecord(verdicts=300, against_reviews=table(10, 0, 0, 19)),
            State.INSUFFICIENT_EVIDENCE,
            "29 pairs have both a verdict and a review; 1 more are needed to calibrate the judge",
        ),
        (
            JudgeRecord(verdicts=300, against_reviews=GOOD),
            State.READY,
            "this judge agrees with reviewers 0.95 of the time on 100 labels; the floor is 0.80, "
            "kappa 0.90 (standard error 0.05), finds at least 0.73 of the defects and passes at least 0.81 of the rest"
            ": accepted",
        ),
        (
            JudgeRecord(verdicts=300, against_reviews=table(60, 53, 50, 51)),
            State.BLOCKED,
            "this judge agrees with reviewers 0.52 of the time on 214 labels; the floor is 0.80: refused",
        ),
        # A constant answer agrees as often as nothing is wrong, and is no judge.
        (
            JudgeRecord(verdicts=300, against_reviews=table(0, 10, 0, 190)),
            State.BLOCKED,
            "this judge agrees with reviewers 0.95 of the time on 200 labels, which is no better than chance "
            "(kappa 0.00): refused",
        ),
        # With no defect among the labels, a constant answer is perfect.
        (
            JudgeRecord(verdicts=300, against_reviews=table(0, 0, 0, 200)),
            State.INSUFFICIENT_EVIDENCE,
            "this judge agrees with reviewers 1.00 of the time on 200 labels, but none of these pairs is a defect, so "
            "nothing shows that it can tell the two apart",
        ),
        (
            JudgeRecord(verdicts=300, against_reviews=table(40, 0, 0, 0)),
            State.INSUFFICIENT_EVIDENCE,
            "this judge agrees with reviewers 1.00 of the time on 40 labels, but none of these pairs is free of "
            "defects, so nothing shows that it can tell the two apart",
        ),
        (
            JudgeRecord(verdicts=300, against_reviews=table(1, 1, 2, 46)),
            State.INSUFFICIENT_EVIDENCE,
            "this judge agrees with reviewers 0.94 of the time on 50 labels, but too few labels to exclude chance: it "
            "surely finds at least 0.00 of the defects and passes at least 0.93 of the rest; label more pairs that "
            "have a verdict",
        ),
        # Undecided never agrees.
        (
            JudgeRecord(verdicts=300, undecided=100, against_reviews=table(20, 0, 0, 20, undecided_on=(10, 10))),
            State.BLOCKED,
            "this judge agrees with reviewers 0.67 of the time on 60 labels; the floor is 0.80: refused",
        ),
        # Ground truth can refuse, never accept.
        (
            JudgeRecord(verdicts=300, against_truth=table(10, 40, 0, 50)),
            State.BLOCKED,
            "this judge agrees with ground truth 0.60 of the time on 100 labels; the floor is 0.80: refused",
        ),
        (
            JudgeRecord(verdicts=300, against_truth=GOOD),
            State.INSUFFICIENT_EVIDENCE,
            "0 pairs have both a verdict and a review; 30 more are needed to calibrate the judge",
        ),
        (
            JudgeRecord(verdicts=300, against_reviews=GOOD, against_truth=table(0, 29, 0, 0)),
            State.READY,
            "this judge agrees with reviewers 0.95 of the time on 100 labels; the floor is 0.80, "
            "kappa 0.90 (standard error 0.05), finds at least 0.73 of the defects and passes at least 0.81 of the rest"
            ": accepted",
        ),
        # Flips in most pairs refuse, whatever the agreement.
        (
            JudgeRecord(verdicts=100, flips=70, against_reviews=GOOD),
            State.BLOCKED,
            "this judge contradicts itself in 0.70 of 100 pairs when the answers change places: refused",
        ),
        (
            JudgeRecord(verdicts=29, flips=29),
            State.INSUFFICIENT_EVIDENCE,
            "0 pairs have both a verdict and a review; 30 more are needed to calibrate the judge",
        ),
    ],
)
def test_calibration(record: JudgeRecord, state: State, sentence: str) -> None:
    found = calibrate(POLICY, record)
    assert (found.sentence, found.state) == (sentence, state)
    assert found.accepted is (state is State.READY)


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        (Severity.CRITICAL, Accuracy(hits=1, defects=3, passes=10, clean=11)),
        (Severity.MAJOR, Accuracy(hits=5, defects=7, passes=6, clean=7)),
        (Severity.MINOR, Accuracy(hits=8, defects=10, passes=3, clean=4)),
    ],
)
def test_accuracy_of_a_severity_or_worse(severity: Severity, expected: Accuracy) -> None:
    rows = [
        Compared("worse_critical", "critical", 1),
        Compared("worse_major", "critical", 1),
        Compared("undecided", "critical", 1),
        Compared("worse_critical", "major", 1),
        Compared("both_bad", "major", 2),
        Compared("worse_minor", "major", 1),
        Compared("worse_minor", "minor", 2),
        Compared("equivalent", "minor", 1),
        Compared("candidate_better", None, 3),
        Compared("worse_major", None, 1),
    ]
    assert accuracy(rows, severity) == expected


def test_figures() -> None:
    found = agreement(table(hits=20, misses=5, alarms=10, passes=15))
    assert found.n == 50
    assert (found.agreement.rate, found.sensitivity.rate, found.specificity.rate) == (0.7, 0.8, 0.6)
    assert found.kappa == pytest.approx(0.4)  # Cohen's own example: (0.7 - 0.5) / (1 - 0.5)
    assert found.kappa_error == pytest.approx(0.127, abs=1e-3)
    assert found.covered == 1.0


def test_reviews_chosen_by_verdict_are_weighed_by_how_many_were_not_chosen() -> None:
    """1,000 verdicts of sensitivity 0.8 and specificity 0.9; all 'worse' reviewed, few of the rest."""
    given = {"worse_major": 80 + 90, "equivalent": 20 + 810}
    every = table(hits=80, misses=20, alarms=90, passes=810)
    whole = agreement(every)
    few = [
        Compared("worse_major", "major", 80),
        Compared("worse_major", None, 90),
        Compared("equivalent", "major", 2),
        Compared("equivalent", None, 81),
    ]
    plain, weighed = agreement(few), agreement(few, given)
    assert whole.sensitivity.rate == 0.8
    assert plain.sensitivity.rate == pytest.approx(80 / 82), "flattered: missed defects are reviewed less often"
    assert weighed.sensitivity.rate == pytest.approx(0.8)
    assert weighed.specificity.rate == pytest.approx(0.9)
    assert weighed.agreement.rate == pytest.approx(whole.agreement.rate)
    assert weighed.kappa == pytest.approx(whole.kappa)
    assert weighed.kappa_error is not None
    assert whole.kappa_error is not None
    assert weighed.kappa_error > whole.kappa_error, "weighed labels are worth fewer"
    assert weighed.sensitivity.lower < 0.8 < weighed.sensitivity.upper


def test_an_outcome_that_nobody_reviewed_may_hold_anything() -> None:
    reviewed = table(hits=40, misses=0, alarms=0, passes=40)
    sure = agreement(reviewed, {"worse_major": 40, "candidate_better": 40})
    unsure = agreement(reviewed, {"worse_major": 40, "candidate_better": 40, "equivalent": 40})
    assert (sure.covered, unsure.covered) == (1.0, pytest.approx(2 / 3))
    assert unsure.sensitivity.rate == 1.0
    assert unsure.sensitivity.lower < 0.5 < sure.sensitivity.lower
    assert unsure.agreement.lower < 2 / 3


@given(*[st.integers(0, 60)] * 4, st.integers(1, 5))
def test_kappa_is_cohens_and_bounds_hold_the_rates(hits: int, misses: int, alarms: int, passes: int, more: int) -> None:
    rows = table(hits, misses, alarms, passes)
    found = agreement(rows, {row.verdict: more * row.pairs for row in rows})
    for each in (found.agreement, found.sensitivity, found.specificity):
        assert each.rate is None or each.lower - 1e-9 <= each.rate <= each.upper + 1e-9
    if found.kappa is None:
        assert hits + misses == 0 or alarms + passes == 0
        return
    n = hits + misses + alarms + passes
    by_chance = ((hits + misses) * (hits + alarms) + (alarms + passes) * (misses + passes)) / n**2
    assert found.kappa == pytest.approx(((hits + passes) / n - by_chance) / (1 - by_chance))


@pytest.mark.parametrize(
    ("first", "second", "alarm"), [(0, 0, False), (8, 4, False), (20, 0, True), (0, 12, True), (30, 25, False)]
)
def test_flips_that_lean_to_one_place_raise_the_alarm(first: int, second: int, alarm: bool) -> None:
    record = JudgeRecord(verdicts=500, flips=first + second, flips_first=first, flips_second=second)
    assert calibrate(POLICY, record).position_alarm is alarm


def test_repeat_noise() -> None:
    found = calibrate(POLICY, JudgeRecord(verdicts=500, repeats=50, repeats_changed=5))
    assert found.repeat_noise.rate == 0.1
    assert 0.01 < found.repeat_noise.lower < 0.1 < found.repeat_noise.upper < 0.3
