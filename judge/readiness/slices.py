"""Where a candidate is ready and where it is not: the defect budgets in each slice of the traffic. Pure.

Many slices are looked at, again and again, so what is said of them goes through e-BH: of the slices called ready, and
of those called blocked, at most a share alpha is called so wrongly, at every look.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np

from judge.evidence.cells import Slice, SliceCounts
from judge.evidence.record import Evidence, Labelled, SettledCount
from judge.outcomes import Phase, Severity, State
from judge.readiness.defects import cell, mode_of
from judge.readiness.line import count, percent
from judge.readiness.policy import Policy
from judge.statistics import at_hand
from judge.statistics.cell import Cell
from judge.statistics.decision import Decision
from judge.statistics.slices import e_bh

_NO_TIME = datetime.fromtimestamp(0, UTC)


class SliceState(msgspec.Struct, frozen=True, kw_only=True):
    """The defect budgets in one slice: `pairs` checked, the worst state over severities, and the sentence.

    `severity` is the one nearest to its budget or furthest above it, with its rate (None: unknown), the bounds of this
    slice alone, and the budget, all 0..1. Only `state` is corrected for how many slices are looked at.
    """

    dimension: str
    value: str
    pairs: int
    state: State
    sentence: str
    severity: Severity
    rate: float | None
    lower: float
    upper: float
    budget: float


def by_slice(policy: Policy, counts: Mapping[Slice, SliceCounts], phase: Phase) -> list[SliceState]:
    """The state of every slice of one candidate, the largest first; without slices, nothing."""
    alpha = policy.alpha(phase)
    parts = _parts(counts)
    found = at_hand.decisions(_cells(policy, counts, phase))
    decisions = [found[at : at + len(Severity)] for at in range(0, len(found), len(Severity))]
    if not decisions:
        return []
    ready = e_bh(np.array([min(d.log_e_promote for d in each) for each in decisions]), alpha)
    blocked = e_bh(np.array([max(d.log_e_reject for d in each) for each in decisions]), alpha)
    return [
        _state(part, _pairs(counts[part]), each, bool(is_ready), bool(is_blocked))
        for part, each, is_ready, is_blocked in zip(parts, decisions, ready, blocked, strict=True)
    ]


def work_ahead(asked: Iterable[tuple[Policy, Mapping[Slice, SliceCounts], Phase]]) -> None:
    """Decide the slices of many candidates at once, so that `by_slice` finds them at hand."""
    at_hand.decisions([each for one in asked for each in _cells(*one)])


def _parts(counts: Mapping[Slice, SliceCounts]) -> list[Slice]:
    return sorted((part for part in counts if part.dimension), key=lambda part: (-_pairs(counts[part]), part))


def _cells(policy: Policy, counts: Mapping[Slice, SliceCounts], phase: Phase) -> list[tuple[Cell, float]]:
    """The cells of every slice in the order of `_parts`, by severity, with the alpha of the phase."""
    whole = next((each for part, each in counts.items() if not part.dimension), SliceCounts())
    mode = mode_of(policy, _evidence(Slice("", ""), whole))
    return [
        (cell(policy, _evidence(part, counts[part]), severity, mode), policy.alpha(phase))
        for part in _parts(counts)
        for severity in Severity
    ]


def suggestion(found: Sequence[SliceState], whole: State) -> str | None:
    """Where a part of the traffic could be promoted, None where there is no such part or the whole is ready."""
    named = {state: [f"{each.dimension} {each.value}" for each in found if each.state is state] for state in State}
    if whole is State.READY or not named[State.READY]:
        return None
    said = f"ready in {', '.join(named[State.READY])}"
    if named[State.BLOCKED]:
        said += f"; blocked in {', '.join(named[State.BLOCKED])}"
    lacking = len(named[State.INSUFFICIENT_EVIDENCE])
    return f"{said}; {count(lacking, 'slice')} lack evidence" if lacking else said


def _state(part: Slice, pairs: int, decisions: Sequence[Decision], is_ready: bool, is_blocked: bool) -> SliceState:
    state = State.BLOCKED if is_blocked else State.READY if is_ready else State.INSUFFICIENT_EVIDENCE
    worst = max(decisions, key=lambda each: each.upper / each.budget)
    name = list(Severity)[list(decisions).index(worst)]
    rate = "rate unknown" if worst.estimate is None else percent(worst.estimate)
    low, high = (0.0 if math.isnan(bound) else bound for bound in (worst.lower, worst.upper))
    return SliceState(
        dimension=part.dimension,
        value=_named(part),
        pairs=pairs,
        state=state,
        severity=name,
        rate=worst.estimate,
        lower=low,
        upper=high,
        budget=worst.budget,
        sentence=f"{part.dimension} {_named(part)}: {count(pairs, 'pair')}, {name} defects {rate}, between "
        f"{percent(low)} and {percent(high)}, budget {percent(worst.budget)}: {state.replace('_', ' ')}",
    )


def _named(part: Slice) -> str:
    """Weeks are counted from Thursday, 1 January 1970; a reader wants the date they begin on."""
    if part.dimension != "week":
        return part.value
    return f"from {datetime.fromtimestamp(604_800 * int(part.value), UTC):%Y-%m-%d}"


def _pairs(counts: SliceCounts) -> int:
    return sum(counts.settled.values()) + sum(counts.strata.values())


def _evidence(part: Slice, counts: SliceCounts) -> Evidence:
    """The counts of a slice in the form that the whole has."""
    return Evidence(
        workflow=part.workflow,
        fingerprint=part.fingerprint,
        as_of=_NO_TIME,
        settled=[SettledCount(severity, pairs) for severity, pairs in counts.settled.items()],
        strata=counts.strata,
        labels=[
            Labelled(stratum=stratum, verdict=verdict, review=review, offered=offered, pairs=pairs)
            for (stratum, verdict, review, offered), pairs in counts.labels.items()
        ],
    )
