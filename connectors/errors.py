"""The two errors that are not bugs.

    Exception
    ├── UserError     a person can mend it: one sentence, and what to do        exit code 2
    └── RetryLater    a passing fault: wait `after_s` seconds and try again

Every other exception is a bug and keeps its traceback.
"""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something a person can mend; `str()` is the sentence they read."""


class RetryLater(Exception):  # noqa: N818  (a request, not a fault of ours)
    """A passing fault; `after_s` is the wait the other side asked for, in seconds, or None.

    `may_cost`: the other side may have done the work before the fault, and may charge for it.
    """

    def __init__(self, message: str, after_s: float | None = None, may_cost: bool = False) -> None:
        super().__init__(message)
        self.after_s = after_s
        self.may_cost = may_cost


def unknown(what: str, name: str, known: Iterable[str], where: str = "") -> UserError:
    """The error for a name outside a closed list: says the nearest known one and the whole list."""
    names = sorted(known)
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]!r}? " if nearest else ""
    place = f"{where}: " if where else ""
    return UserError(f"{place}unknown {what} {name!r}; {hint}known: {', '.join(names) or 'none'}.")
