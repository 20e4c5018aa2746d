"""How long to wait before a call is tried again. Pure, but for the dice."""

import math
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_S = 0.5
LONGEST_S = 8.0


def asked_wait_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that a server asks for in `retry-after-ms` or `Retry-After` (seconds or a date), or None."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) * unit_s
        except ValueError:
            try:
                then = parsedate_to_datetime(value)
            except ValueError:
                continue
            seconds = (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds()
        if math.isfinite(seconds):
            return max(0.0, seconds)
    return None


def wait_s(tries: int, asked_s: float | None) -> float:
    """The seconds to wait after so many tries: what the server asked for, or twice as long each time.

    Jitter keeps calls that failed together from coming back together: up to a quarter more than asked for, never less;
    else a half to the whole.
    """
    if asked_s is not None:
        return asked_s * random.uniform(1.0, 1.25)  # noqa: S311
    longest: float = min(LONGEST_S, FIRST_S * 2.0 ** (tries - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311
