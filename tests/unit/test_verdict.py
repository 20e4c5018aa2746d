"""One verdict of two orders, and which pairs are given up: tables of cases."""

from typing import Any

import pytest

from judge.judging.combine import combine, outcome_of
from judge.judging.rubric import load_rubric
from judge.judging.setbacks import Setbacks
from judge.outcomes import Outcome

RUBRIC = load_rubric("same_answer", "")


@pytest.mark.parametrize(
    ("one", "other", "outcome", "flip"),
    [
        (Outcome.EQUIVALENT, Outcome.EQUIVALENT, Outcome.EQUIVALENT, False),
        (Outcome.WORSE_MAJOR, Outcome.WORSE_MAJOR, Outcome.WORSE_MAJOR, False),
        (Outcome.WORSE_MINOR, Outcome.WORSE_MAJOR, Outcome.WORSE_MAJOR, False),
        (Outcome.WORSE_CRITICAL, Outcome.WORSE_MINOR, Outcome.WORSE_CRITICAL, False),
        (Outcome.BOTH_BAD, Outcome.BOTH_BAD, Outcome.BOTH_BAD, False),
        (Outcome.EQUIVALENT, Outcome.WORSE_MINOR, Outcome.UNDECIDED, True),
        (Outcome.CANDIDATE_BETTER, Outcome.WORSE_MAJOR, Outcome.UNDECIDED, True),
        (Outcome.CANDIDATE_BETTER, Outcome.EQUIVALENT, Outcome.UNDECIDED, True),
        (Outcome.BOTH_BAD, Outcome.WORSE_MAJOR, Outcome.UNDECIDED, True),
        (Outcome.UNDECIDED, Outcome.EQUIVALENT, Outcome.UNDECIDED, False),
        (Outcome.UNDECIDED, Outcome.UNDECIDED, Outcome.UNDECIDED, False),
    ],
)
def test_combine(one: Outcome, other: Outcome, outcome: Outcome, flip: bool) -> None:
    assert combine(one, other) == combine(other, one) == (outcome, flip)


@pytest.mark.parametrize(
    ("choice", "production_first", "candidate_first"),
    [
        ("same", Outcome.EQUIVALENT, Outcome.EQUIVALENT),
        ("first_slightly_worse", Outcome.CANDIDATE_BETTER, Outcome.WORSE_MINOR),
        ("second_slightly_worse", Outcome.WORSE_MINOR, Outcome.CANDIDATE_BETTER),
        ("first_wrong", Outcome.CANDIDATE_BETTER, Outcome.WORSE_MAJOR),
        ("second_wrong", Outcome.WORSE_MAJOR, Outcome.CANDIDATE_BETTER),
        ("first_harmful", Outcome.CANDIDATE_BETTER, Outcome.WORSE_CRITICAL),
        ("second_harmful", Outcome.WORSE_CRITICAL, Outcome.CANDIDATE_BETTER),
        ("both_wrong", Outcome.BOTH_BAD, Outcome.BOTH_BAD),
        ("cannot_tell", Outcome.UNDECIDED, Outcome.UNDECIDED),
    ],
)
def test_outcome_of(choice: str, production_first: Outcome, candidate_first: Outcome) -> None:
    assert outcome_of(RUBRIC.choice(choice), "production") is production_first
    assert outcome_of(RUBRIC.choice(choice), "candidate") is candidate_first


@pytest.mark.parametrize(
    ("events", "given_up"),
    [
        ([("failed", 1)], [False]),
        ([("failed", 1), ("failed", 2), ("failed", 3), ("failed", 4)], [False] * 4),
        ([("failed", 1), ("answered", 2), ("failed", 3), ("answered", 4), ("failed", 5)], [False, False, True]),
        ([("answered", 0), ("failed", 1), ("failed", 2), ("failed", 3)], [False] * 3),
        ([("failed", 1), ("answered", 2), ("failed", 3), ("failed", 4), ("failed", 5)], [False] * 4),
    ],
)
def test_a_pair_is_given_up_only_when_others_were_answered(events: list[Any], given_up: list[bool]) -> None:
    setbacks = Setbacks(wait_s=10)
    said = [
        setbacks.failed("bad", now_s) if what == "failed" else setbacks.answered("good", now_s)
        for what, now_s in events
    ]
    assert [each for each in said if each is not None] == given_up


def test_a_pair_that_failed_is_held_back_for_a_while() -> None:
    setbacks = Setbacks(wait_s=10)
    setbacks.failed("a", 100)
    assert setbacks.held_back(109) == {"a"}
    assert setbacks.held_back(110) == set()
    setbacks.answered("a", 111)
    assert setbacks.held_back(105) == set()
