"""A reason against the choice that follows it: a table of cases."""

import pytest

from judge.judging.contradiction import contradicts
from judge.judging.rubric import load_rubric

RUBRIC = load_rubric("same_answer", "")


@pytest.mark.parametrize(
    ("reason", "choice", "expected"),
    [
        ("The second answer is wrong.", "first_wrong", True),
        ("The second answer is wrong.", "second_wrong", False),
        ("The first is better than the second.", "first_wrong", True),
        ("The first is better than the second.", "second_slightly_worse", False),
        ("The first answer is correct while the second is incorrect.", "first_wrong", True),
        ("The first answer is not wrong, the second is.", "second_wrong", False),
        ("The first says nine, which is right; the second says ten, which is wrong.", "second_wrong", False),
        ("The first says nine, which is right; the second says ten, which is wrong.", "first_harmful", True),
        ("The first answer gives the wrong date.", "same", True),
        ("The first answer is incomplete but both are equally good.", "same", False),
        ("Neither is wrong.", "same", False),
        ("Both answers are correct.", "both_wrong", True),
        ("Both answers are wrong.", "both_wrong", False),
        ("Neither answer is correct.", "both_wrong", False),
        ("They mean the same.", "same", False),
        ("I cannot see the attachment.", "cannot_tell", False),
        ("", "first_wrong", False),
        (None, "first_wrong", False),
        ("Der zweite ist falsch.", "first_wrong", False),
    ],
)
def test_contradicts(reason: str | None, choice: str, expected: bool) -> None:
    assert contradicts(reason, RUBRIC.choice(choice)) is expected
