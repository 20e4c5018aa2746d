"""One decision a cell, and the state of a candidate over its severities (STATISTICS 6). Pure.

Ready when all severities are below their budgets (intersection-union: a bad candidate must beat the very budget that it
breaks, so nothing is corrected for), blocked when one is above it, else insufficient evidence. Valid at every look.
"""

import math
from collections.abc import Iterable, Sequence

import msgspec

from judge.outcomes import State
from judge.statistics.allocation import Allocation, allocation, plan, starts
from judge.statistics.cell import Cell, Mode
from judge.statistics.counts import gather
from judge.statistics.defect_rate import highest, lowest, promote, reject
from judge.statistics.layout import lay_out
from judge.statistics.mixture import ALPHA
from judge.statistics.modes import sentence
from judge.statistics.worst_case import Side

METHOD = "95 %, valid at every look"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the counts of one cell say of its budget.

    `log_e_promote` and `log_e_reject` are natural logs of the evidence that the rate is below or above the budget; the
    bounds agree with them: upper < budget exactly when log_e_promote > ln(1 / alpha), lower > budget likewise.
    `estimate` is None while a stratum that has pairs lacks labels. `assumes` says what the mode takes for granted,
    `mix` for which shares of the strata the guesses are made, and `next` where the next labels tell most.
    """

    state: State
    log_e_promote: float
    log_e_reject: float
    estimate: float | None
    lower: float
    upper: float
    budget: float
    alpha: float
    mode: Mode
    mix: dict[str, float]
    assumes: str
    next: Allocation


def decide(cells: Sequence[Cell], alpha: float = ALPHA) -> list[Decision]:
    """The decision on each cell; 1 / alpha is the evidence that it takes. Raises ValueError for impossible counts."""
    if not cells:
        return []
    counts = gather(cells)
    up, down = lay_out(counts, Side.PROMOTE), lay_out(counts, Side.REJECT)
    above, below = promote(up), reject(down)
    bounds = zip(lowest(down, alpha), highest(up, alpha), strict=True)
    planned = plan(counts, up, down, above, below, starts(cells, counts.guesses.shape[-1]))
    nexts = [allocation(cell, *row) for cell, *row in zip(cells, *planned, strict=True)]
    figures = zip(cells, above.log_e, below.log_e, bounds, nexts, strict=True)
    return [_decision(cell, float(p), float(r), low_high, to, alpha) for cell, p, r, low_high, to in figures]


def over_severities(states: Iterable[State]) -> State:
    """Ready when all are, blocked when one is; no state at all is insufficient evidence."""
    return State.worst(list(states))


def _decision(
    cell: Cell, log_e_promote: float, log_e_reject: float, low_high: tuple[float, float], to: Allocation, alpha: float
) -> Decision:
    if cell.mode is Mode.PROVISIONAL:
        log_e_promote = log_e_reject = 0.0
    return Decision(
        state=state(log_e_promote, log_e_reject, alpha),
        log_e_promote=log_e_promote,
        log_e_reject=log_e_reject,
        estimate=estimate(cell),
        lower=float(low_high[0]),
        upper=float(low_high[1]),
        budget=cell.budget,
        alpha=alpha,
        mode=cell.mode,
        mix=cell.mix,
        assumes=sentence(cell.mode, cell.pool.size, cell.slack),
        next=to,
    )


def state(log_e_promote: float, log_e_reject: float, alpha: float = ALPHA) -> State:
    """What evidence of these sizes says; absence of evidence is never ready."""
    needed = math.log(1 / alpha)
    if log_e_reject > needed:
        return State.BLOCKED
    return State.READY if log_e_promote > needed else State.INSUFFICIENT_EVIDENCE


def estimate(cell: Cell) -> float | None:
    """The likeliest defect rate; None while nothing was checked or a stratum with pairs has no label yet."""
    if not cell.checked:
        return None
    rate = 0.0
    for sample in cell.samples.values():
        decided = sample.judged - (0 if cell.mode is Mode.PROVISIONAL else sample.pending)
        if sample.pairs and not decided:
            return None
        found = (
            (sample.confirmed + (sample.pending if cell.mode is Mode.PROVISIONAL else 0)) / decided if decided else 0.0
        )
        if cell.mode is Mode.LOCAL and sample.audited:
            found += (1 - found) * sample.missed / sample.audited
        rate += sample.pairs / cell.checked * found
    if cell.mode is Mode.POOLED and cell.pool.size:
        missed = (cell.pool.missed + cell.pool.prior_missed) / cell.pool.size
        rate = min(1.0, rate / (1 - missed)) if missed < 1 else 1.0
    return min(1.0, cell.settled / cell.checked + rate)
