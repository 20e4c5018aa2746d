"""One line of a readiness: a state, and the sentence that a person reads."""

import math
from typing import Literal

import msgspec

from judge.outcomes import State
from judge.readiness.latched import Reached
from judge.statistics.at_hand import Rate, rates

Unit = Literal["rate", "ms", "pairs", "cycles", "days", "hours", "usd"]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a phase demands: what was found, what is allowed; `missing` says what to do where evidence lacks.

    `value`, `lower`, `upper` and `budget` are in `unit` and None where the line has no such number; a `rate` is 0..1.
    """

    name: str
    state: State
    sentence: str
    missing: str | None = None
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    budget: float | None = None
    unit: Unit | None = None


class Bounded(msgspec.Struct, frozen=True):
    """A rate, 0..1, None when nothing tells it, and the bounds that hold with 1 - `alpha` at every look."""

    rate: float | None
    lower: float
    upper: float
    alpha: float


def bounded(found: Rate) -> Bounded:
    """A rate with the bounds that decide on its limit."""
    lower, upper = rates([found])[0]
    return Bounded(found.k / found.n if found.n else None, lower, upper, found.alpha)


def method(alpha: float) -> str:
    """What the bounds promise: "95 %, valid at every look"."""
    return f"{100 * (1 - alpha):.6g} %, valid at every look"


def fact(
    name: str,
    holds: bool,
    sentence: str,
    missing: str | None = None,
    *,
    value: float | None = None,
    budget: float | None = None,
    unit: Unit | None = None,
) -> Line:
    """A line that holds or is not shown yet: ready, or insufficient evidence with what is missing."""
    return Line(
        name=name,
        state=State.READY if holds else State.INSUFFICIENT_EVIDENCE,
        sentence=f"{sentence}: {'ready' if holds else 'insufficient evidence'}",
        missing=None if holds else missing or sentence,
        value=None if value is None else float(value),
        budget=None if budget is None else float(budget),
        unit=unit,
    )


def within(
    name: str, found: Bounded, budget: float, missing: str, note: str = "", reached: Reached | None = None
) -> Line:
    """A rate against the highest allowed: ready when even the upper bound is below, blocked when the lower is above.

    `missing` says what would decide it, for a rate that the bounds leave open; `note` ends the sentence.
    `reached` is what an earlier look decided, where these bounds do not.
    """
    low, high = found.lower, found.upper
    if reached is not None:
        state, digits = reached.state, max(decimals(low, budget), decimals(high, budget))
        bound, end = f"between {percent(low, digits)} and {percent(high, digits)}", reached.sentence
    elif high < budget:
        state, digits = State.READY, decimals(high, budget)
        bound, end = f"at most {percent(high, digits)}", "ready"
    elif low > budget:
        state, digits = State.BLOCKED, decimals(low, budget)
        over = f"{100 * (low - budget):.{digits}f} points over"
        bound, end = f"at least {percent(low, digits)}", f"blocked, {over}"
    else:
        state, digits = State.INSUFFICIENT_EVIDENCE, max(decimals(low, budget), decimals(high, budget))
        bound, end = f"between {percent(low, digits)} and {percent(high, digits)}", f"insufficient evidence, {missing}"
    value = "rate unknown" if found.rate is None else percent(found.rate, digits)
    return Line(
        name=name,
        state=state,
        sentence=f"{name}: {value}, {bound} ({method(found.alpha)}), budget {percent(budget, digits)}: {end}{note}",
        missing=f"{name}: {missing}" if state is State.INSUFFICIENT_EVIDENCE else None,
        value=found.rate,
        lower=low,
        upper=high,
        budget=budget,
        unit="rate",
    )


def percent(rate: float, digits: int = 1) -> str:
    """A rate as a percentage: "0.7 %"."""
    return f"{100 * rate:.{digits}f} %"


def decimals(one: float, other: float) -> int:
    """How many decimals tell two different rates apart as percentages: one to four."""
    return next((d for d in range(1, 4) if one == other or percent(one, d) != percent(other, d)), 4)


def count(n: int, noun: str) -> str:
    """A number and its noun: "1 pair", "1,200 pairs"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def about(n: float) -> int:
    """A number rounded up to one or two digits that a forecast can honestly have: 7, 40, 350."""
    step: int = 10 ** max(0, math.floor(math.log10(max(1.0, n))) - 1)
    return step * math.ceil(n / step)


def milliseconds(value: float) -> str:
    """A duration as a sentence writes it: "1,250 ms"."""
    return f"{value:,.0f} ms"
