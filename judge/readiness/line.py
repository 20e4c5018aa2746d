"""One line of a readiness: a state, and the sentence that a person reads."""

from typing import Literal

import msgspec

from judge.outcomes import State
from judge.statistics.bounds import METHOD, Estimate

Unit = Literal["rate", "ms", "pairs", "cycles"]


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
        value=value,
        budget=budget,
        unit=unit,
    )


def within(name: str, estimate: Estimate, budget: float, missing: str, note: str = "") -> Line:
    """A rate against the highest allowed: ready when even the upper bound is below, blocked when the lower is above.

    `missing` says what would decide it, for a rate that the bounds leave open; `note` ends the sentence.
    """
    low, high = estimate.lower, estimate.upper
    if high < budget:
        state, digits = State.READY, decimals(high, budget)
        bound, end = f"at most {percent(high, digits)}", "ready"
    elif low > budget:
        state, digits = State.BLOCKED, decimals(low, budget)
        over = f"{100 * (low - budget):.{digits}f} points over"
        bound, end = f"at least {percent(low, digits)}", f"blocked, {over}"
    else:
        state, digits = State.INSUFFICIENT_EVIDENCE, max(decimals(low, budget), decimals(high, budget))
        bound, end = f"between {percent(low, digits)} and {percent(high, digits)}", f"insufficient evidence, {missing}"
    value = "rate unknown" if estimate.rate is None else percent(estimate.rate, digits)
    return Line(
        name=name,
        state=state,
        sentence=f"{name}: {value}, {bound} ({METHOD}), budget {percent(budget, digits)}: {end}{note}",
        missing=f"{name}: {missing}" if state is State.INSUFFICIENT_EVIDENCE else None,
        value=estimate.rate,
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


def milliseconds(value: float) -> str:
    """A duration as a sentence writes it: "1,250 ms"."""
    return f"{value:,.0f} ms"
