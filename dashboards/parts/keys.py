"""The keys of the review workbench: one key is one label, direction and severity in one."""

from typing import NamedTuple

from dashboards.parts.blind import Choice
from judge.outcomes import Severity


class Key(NamedTuple):
    """A key, what it says of the two answers, and the words on its button."""

    key: str
    choice: Choice
    severity: Severity | None
    words: str


LEFT = (
    Key("Q", Choice.LEFT_WORSE, Severity.MINOR, "minor"),
    Key("W", Choice.LEFT_WORSE, Severity.MAJOR, "major"),
    Key("E", Choice.LEFT_WORSE, Severity.CRITICAL, "critical"),
)
RIGHT = (
    Key("I", Choice.RIGHT_WORSE, Severity.MINOR, "minor"),
    Key("O", Choice.RIGHT_WORSE, Severity.MAJOR, "major"),
    Key("P", Choice.RIGHT_WORSE, Severity.CRITICAL, "critical"),
)
NEITHER = (
    Key("S", Choice.SAME, None, "neither is worse"),
    Key("B", Choice.BOTH_BAD, None, "both unusable"),
    Key("X", Choice.UNDECIDED, None, "cannot tell"),
)
SKIP, UNDO = "N", "Z"
SEVERITIES = {
    Severity.MINOR: "a flaw that the user would forgive",
    Severity.MAJOR: "wrong: somebody has to mend it",
    Severity.CRITICAL: "does harm: must never happen",
}
