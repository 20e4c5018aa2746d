"""Blind review: which answer stands left, and what a choice between left and right says of the candidate."""

import hashlib
from enum import StrEnum
from typing import Literal

from judge.outcomes import Outcome, Severity

Arm = Literal["production", "candidate"]


class Choice(StrEnum):
    """What a reviewer can say of two answers whose origin they do not know."""

    SAME = "same"
    LEFT_WORSE = "left_worse"
    RIGHT_WORSE = "right_worse"
    BOTH_BAD = "both_bad"
    UNDECIDED = "undecided"


def left_arm(pair_id: str, seed: str) -> Arm:
    """The arm on the left: even odds, the same for one pair and seed, unrelated between pairs."""
    digest = hashlib.blake2b(f"{seed}\x00{pair_id}".encode(), digest_size=1).digest()
    return "production" if digest[0] % 2 else "candidate"


def outcome_of(choice: Choice, severity: Severity | None, left: Arm) -> Outcome:
    """The outcome that a choice means, given the arm on the left.

    A worse production answer is a better candidate, however bad it was. Raises ValueError when one answer is worse
    and no severity is given.
    """
    if choice not in (Choice.LEFT_WORSE, Choice.RIGHT_WORSE):
        return {
            Choice.SAME: Outcome.EQUIVALENT,
            Choice.BOTH_BAD: Outcome.BOTH_BAD,
            Choice.UNDECIDED: Outcome.UNDECIDED,
        }[choice]
    if severity is None:
        raise ValueError("a worse answer needs a severity")
    worse_is_candidate = (choice is Choice.LEFT_WORSE) == (left == "candidate")
    return Outcome(f"worse_{severity}") if worse_is_candidate else Outcome.CANDIDATE_BETTER
