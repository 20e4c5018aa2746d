"""Tables that benches print."""

import sys


def say(line: str) -> None:
    """A line of the report, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def head(*names: str) -> None:
    """The head of a table."""
    row(*names)
    say("|---" * len(names) + "|")


def row(*cells: str) -> None:
    """A row of a table."""
    say(f"| {' | '.join(cells)} |")


def percent(share: float, digits: int = 1) -> str:
    """A share as a percentage."""
    return f"{100 * share:.{digits}f} %"
