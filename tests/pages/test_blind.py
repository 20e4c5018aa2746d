"""Blind review: what left and right mean."""

import pytest

from dashboards.parts.blind import Arm, Choice, left_arm, outcome_of
from judge.outcomes import Outcome, Severity


@pytest.mark.parametrize(
    ("choice", "severity", "left", "outcome"),
    [
        (Choice.LEFT_WORSE, Severity.MAJOR, "candidate", Outcome.WORSE_MAJOR),
        (Choice.LEFT_WORSE, Severity.MAJOR, "production", Outcome.CANDIDATE_BETTER),
        (Choice.RIGHT_WORSE, Severity.CRITICAL, "production", Outcome.WORSE_CRITICAL),
        (Choice.RIGHT_WORSE, Severity.CRITICAL, "candidate", Outcome.CANDIDATE_BETTER),
        (Choice.RIGHT_WORSE, Severity.MINOR, "production", Outcome.WORSE_MINOR),
        (Choice.SAME, None, "candidate", Outcome.EQUIVALENT),
        (Choice.SAME, Severity.MINOR, "production", Outcome.EQUIVALENT),
        (Choice.BOTH_BAD, None, "candidate", Outcome.BOTH_BAD),
        (Choice.UNDECIDED, Severity.CRITICAL, "production", Outcome.UNDECIDED),
    ],
)
def test_a_choice_between_left_and_right_becomes_an_outcome(
    choice: Choice, severity: Severity | None, left: Arm, outcome: Outcome
) -> None:
    assert outcome_of(choice, severity, left) is outcome


@pytest.mark.parametrize("choice", [Choice.LEFT_WORSE, Choice.RIGHT_WORSE])
def test_a_worse_answer_needs_a_severity(choice: Choice) -> None:
    with pytest.raises(ValueError, match="severity"):
        outcome_of(choice, None, "candidate")


def test_the_sides_are_stable_in_a_session_and_balanced_over_pairs() -> None:
    ids = [f"{number:032x}" for number in range(2000)]
    one, again, other = ([left_arm(name, seed) for name in ids] for seed in ("one", "one", "other"))
    assert one == again
    assert 0.45 < one.count("candidate") / len(ids) < 0.55
    assert 0.4 < sum(a == b for a, b in zip(one, other, strict=True)) / len(ids) < 0.6
