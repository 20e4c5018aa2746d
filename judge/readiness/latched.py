"""A decision that was reached once stands, though the evidence may fall later (STATISTICS 6). Pure.

By Ville's inequality a candidate that breaks its budget *ever* shows evidence E with probability 1 / E at most, so the
first crossing decides, whatever follows. It stands in the same epoch of the judge, under the same checks, budget and
way of counting; a change of these starts anew. Two limits keep it careful: a candidate that is found above its budget
today is not ready because it once was, and a rejection stands over a promotion.
"""

import math
from datetime import datetime

import msgspec

from judge.evidence.record import Crossing, Evidence
from judge.outcomes import Severity, State
from judge.statistics.at_hand import decisions
from judge.statistics.cell import Cell, Mode
from judge.statistics.decision import Decision
from judge.statistics.mixture import ALPHA
from judge.statistics.worst_case import Side


class Reached(msgspec.Struct, frozen=True):
    """A decision of the past: its state, the time of the counts that it rests on, and their log evidence, nats."""

    state: State
    at: datetime
    log_e: float

    @property
    def sentence(self) -> str:
        """As a line ends."""
        return f"{self.state.replace('_', ' ')}, reached on {self.at:%Y-%m-%d %H:%M} UTC with evidence {_e(self.log_e)}"


def reached(evidence: Evidence, severity: Severity, decision: Decision) -> Reached | None:
    """What an earlier look decided of a budget and today's counts alone do not; None where nothing was."""
    ours = [each for each in evidence.crossings if _is_ours(each, severity, decision)]
    if decision.state is not State.BLOCKED and (found := _first(ours, Side.REJECT, decision.alpha)):
        return found
    holds = decision.estimate is not None and decision.estimate < decision.budget
    return (
        _first(ours, Side.PROMOTE, decision.alpha) if decision.state is State.INSUFFICIENT_EVIDENCE and holds else None
    )


def log_e(crossing: Crossing) -> float:
    """The evidence of a crossing, worked out again from its counts, nats."""
    found = decisions([(crossing.cell, ALPHA)])[0]
    return found.log_e_promote if crossing.side == Side.PROMOTE else found.log_e_reject


def counts_alike(counted: Cell, budget: float, mode: Mode, mix: dict[str, float]) -> bool:
    """True when counts of the past were made in this way; for which mix matters only once anything is labelled."""
    labelled = any(sample.judged for sample in counted.samples.values())
    return (counted.budget, counted.mode) == (budget, mode) and (not labelled or counted.mix == mix)


def _is_ours(crossing: Crossing, severity: Severity, decision: Decision) -> bool:
    alike = counts_alike(crossing.cell, decision.budget, decision.mode, decision.mix)
    return crossing.severity == severity and alike


def _first(crossings: list[Crossing], side: Side, alpha: float) -> Reached | None:
    state = State.READY if side is Side.PROMOTE else State.BLOCKED
    looks = (Reached(state, each.counted_at, log_e(each)) for each in crossings if each.side == side)
    return next((look for look in looks if look.log_e > math.log(1 / alpha)), None)


def _e(nats: float) -> str:
    return f"{math.exp(nats):,.0f}" if nats < math.log(1e6) else "over 1,000,000"
