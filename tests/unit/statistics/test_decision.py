"""Decisions on cells: tables of cases."""

import math

import pytest

from judge.outcomes import State
from judge.statistics.cell import Cell, Mode, Pool, Sample
from judge.statistics.decision import Decision, decide, over_severities
from judge.statistics.ladder import Latch, Step, alpha_of, highest_step

POOL = Pool(defects=100, missed=10, prior_defects=100, prior_missed=10)


def cell(mode: Mode = Mode.CLEAN, *, settled: int = 0, judged: int = 280, confirmed: int = 0, pending: int = 0) -> Cell:
    """Six hundred pairs, a tenth of which disagree."""
    agree = Sample(pairs=540, judged=judged, audited=judged, confirmed=confirmed, pending=pending)
    disagree = Sample(pairs=60, judged=40, audited=40)
    return Cell(
        budget=0.02, checked=600, settled=settled, samples={"agree": agree, "disagree": disagree}, mode=mode, pool=POOL
    )


@pytest.mark.parametrize(
    ("case", "state"),
    [
        (cell(), State.READY),
        (cell(judged=100), State.INSUFFICIENT_EVIDENCE),
        (cell(judged=0), State.INSUFFICIENT_EVIDENCE),
        (cell(confirmed=60), State.BLOCKED),
        # Hard defects alone break the budget.
        (cell(settled=60), State.BLOCKED),
        # What a person has not looked at may be a defect, and may be none.
        (cell(pending=60), State.INSUFFICIENT_EVIDENCE),
        # No person has confirmed anything: no decision, whatever the judge says.
        (cell(Mode.PROVISIONAL), State.INSUFFICIENT_EVIDENCE),
        (cell(Mode.PROVISIONAL, confirmed=60), State.INSUFFICIENT_EVIDENCE),
        (Cell(budget=0.02, checked=0, settled=0, samples={}, mode=Mode.CLEAN), State.INSUFFICIENT_EVIDENCE),
        # Checks settle everything: as many pairs as a rate of its own takes, not fewer.
        (Cell(budget=0.02, checked=10, settled=0, samples={}, mode=Mode.CLEAN), State.INSUFFICIENT_EVIDENCE),
        (Cell(budget=0.02, checked=10, settled=1, samples={}, mode=Mode.CLEAN), State.INSUFFICIENT_EVIDENCE),
        (Cell(budget=0.02, checked=300, settled=0, samples={}, mode=Mode.CLEAN), State.READY),
    ],
)  # fmt: skip
def test_state(case: Cell, state: State) -> None:
    assert decide([case])[0].state is state


def test_severities_together() -> None:
    assert over_severities([State.READY, State.READY]) is State.READY
    assert over_severities([State.READY, State.INSUFFICIENT_EVIDENCE]) is State.INSUFFICIENT_EVIDENCE
    assert over_severities([State.INSUFFICIENT_EVIDENCE, State.BLOCKED]) is State.BLOCKED
    assert over_severities([]) is State.INSUFFICIENT_EVIDENCE


def test_an_open_stratum_without_labels_has_no_estimate() -> None:
    decision = decide([cell(judged=0)])[0]
    assert decision.estimate is None
    assert decision.upper > 0.9


def test_the_ladder() -> None:
    assert [highest_step(math.log(e)) for e in (2.9, 3.1, 11, 21, 101)] == [None, *Step]
    assert Latch().seen(3.2, -1.0).seen(0.5, 0.2) == Latch(3.2, 0.2)
    assert sum(alpha_of(epoch) for epoch in range(1, 40)) <= 0.05


def test_misses_alone_never_block_in_local_mode_and_never_let_it_be_ready() -> None:
    """STATISTICS 3: the lower bound takes what people confirmed, since misses only add; the upper one takes both."""

    def found(missed: int, confirmed: int = 0) -> Decision:
        agree = Sample(pairs=9000, judged=600, confirmed=confirmed, audited=400, missed=missed)
        samples = {"agree": agree, "disagree": Sample(pairs=1000, judged=100, audited=80)}
        return decide([Cell(budget=0.02, checked=10_000, settled=0, samples=samples, mode=Mode.LOCAL)])[0]

    none, many = found(0), found(200)
    assert none.state is State.READY
    assert many.state is State.INSUFFICIENT_EVIDENCE
    assert many.upper > 0.3
    assert many.estimate is not None
    assert many.estimate > 0.3
    assert (many.lower, many.log_e_reject) == (none.lower, none.log_e_reject)
    assert found(0, confirmed=200).state is State.BLOCKED, "the same defects block once the judge flags them"
