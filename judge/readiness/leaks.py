"""Does scrubbing hold its leak budgets? As the canaries of the newest trial say. Pure."""

from collections.abc import Iterator

from judge.evidence.record import Evidence
from judge.outcomes import State
from judge.readiness.line import Line, fact, percent
from judge.readiness.policy import Policy, ScrubPolicy
from judge.statistics.bounds import binomial


def leaks(policy: Policy, evidence: Evidence) -> list[Line]:
    """A line for values that have a form, and one for names where the workflow masks them."""
    if policy.scrub.masks_nothing:
        return [fact("leaks", True, "leaks: nothing is masked, as the policy full says")]
    return list(_lines(policy.scrub, evidence))


def _lines(scrub: ScrubPolicy, evidence: Evidence) -> Iterator[Line]:
    found = evidence.leakage
    yield _line("leaks", "canary", found.leaked, found.planted, scrub.max_leak_rate, found.leaky)
    if scrub.names:
        yield _line("leaked names", "name", found.leaked_names, found.planted_names, scrub.max_name_leak_rate, [])


def _line(name: str, noun: str, leaked: int, planted: int, budget: float, leaky: list[str]) -> Line:
    """The share of planted values that got through, by its bounds at one look: each trial plants others."""
    if not planted:
        return fact(name, False, f"{name}: nothing was planted yet", f"{name}: run the scorer, which plants canaries")
    rate = binomial(leaked, planted)
    many = {"canary": "canaries"}.get(noun, f"{noun}s")
    of = f"{leaked:,} of {planted:,} {noun if planted == 1 else many}"
    if rate.upper < budget:
        state, bound, end = State.READY, f"at most {percent(rate.upper)}", "ready"
    elif rate.lower > budget:
        state, bound, end = State.BLOCKED, f"at least {percent(rate.lower)}", "blocked"
    else:
        state, end = State.INSUFFICIENT_EVIDENCE, "insufficient evidence"
        bound = f"between {percent(rate.lower)} and {percent(rate.upper)}"
    kinds = f", of {', '.join(leaky)}" if leaky else ""
    return Line(
        name=name,
        state=state,
        sentence=f"{name}: {of} let through{kinds}, {bound} (95 %), budget {percent(budget)}: {end}",
        missing=f"{name}: {of} let through{kinds}; mend the rules or plant more" if end.startswith("ins") else None,
        value=rate.rate,
        lower=rate.lower,
        upper=rate.upper,
        budget=budget,
        unit="rate",
    )
