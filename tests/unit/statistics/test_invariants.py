"""What must hold for any counts."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.outcomes import State
from judge.statistics.cell import Cell, Mode, Pool, Sample
from judge.statistics.components import MOST_GUESS, SHAPE, components, guess
from judge.statistics.decision import Decision, decide
from judge.statistics.mixture import interval, log_e
from judge.statistics.worst_case import Side

NEEDED = math.log(20)


@st.composite
def samples(draw: st.DrawFn, mode: Mode) -> Sample:
    pairs = draw(st.integers(0, 20_000))
    judged = draw(st.integers(0, min(pairs, 4_000)))
    confirmed = draw(st.integers(0, judged) if draw(st.booleans()) else st.integers(0, min(3, judged)))
    pending = draw(st.integers(0, min(3, judged - confirmed)))
    passed = judged - confirmed - pending if mode is Mode.LOCAL else 0
    audited = draw(st.integers(0, passed))
    return Sample(
        pairs=pairs,
        judged=judged,
        confirmed=confirmed,
        pending=pending,
        audited=audited,
        missed=draw(st.integers(0, min(3, audited))),
    )


@st.composite
def cells(draw: st.DrawFn, modes: tuple[Mode, ...] = (Mode.CLEAN, Mode.POOLED, Mode.LOCAL)) -> Cell:
    mode = draw(st.sampled_from(modes))
    strata = {name: draw(samples(mode)) for name in ("agree", "disagree")[: draw(st.integers(0, 2))]}
    settled = draw(st.integers(0, 200))
    clear = draw(st.integers(0, 2_000))
    defects = draw(st.integers(10, 200))
    return Cell(
        budget=draw(st.sampled_from([0.001, 0.005, 0.02, 0.05])),
        checked=settled + clear + sum(sample.pairs for sample in strata.values()),
        settled=settled,
        samples=strata,
        mode=mode,
        pool=Pool(defects=defects, missed=draw(st.integers(0, defects // 3)), prior_defects=50, prior_missed=5),
        slack=draw(st.sampled_from([1.0, 1.5])),
    )


@settings(max_examples=150, deadline=None)
@given(cells())
def test_bounds_and_evidence_agree(cell: Cell) -> None:
    decision = decide([cell])[0]
    if abs(decision.log_e_promote - NEEDED) > 1e-6:
        assert (decision.upper < cell.budget) == (decision.log_e_promote > NEEDED)
    if abs(decision.log_e_reject - NEEDED) > 1e-6:
        assert (decision.lower > cell.budget) == (decision.log_e_reject > NEEDED)
    assert 0 <= decision.lower <= decision.upper <= 1


@settings(max_examples=150, deadline=None)
@given(cells(), st.integers(1, 3), st.data())
def test_more_confirmed_defects_never_lower_the_upper_bound(cell: Cell, more: int, data: st.DataObject) -> None:
    open_to = [name for name, s in cell.samples.items() if s.judged - s.confirmed - s.pending - s.audited >= more]
    if not open_to:
        return
    name = data.draw(st.sampled_from(open_to))
    sample = cell.samples[name]
    worse = with_sample(cell, name, confirmed=sample.confirmed + more)
    before, after = decide([cell, worse])
    assert after.upper >= before.upper - 1e-9
    assert after.log_e_promote <= before.log_e_promote + 1e-6


@settings(max_examples=100, deadline=None)
@given(cells(), st.data())
def test_a_pending_review_never_promotes_sooner_than_its_outcome(cell: Cell, data: st.DataObject) -> None:
    waiting = [name for name, sample in cell.samples.items() if sample.pending]
    if not waiting:
        return
    name = data.draw(st.sampled_from(waiting))
    sample = cell.samples[name]
    found = data.draw(st.integers(0, sample.pending))
    settled = with_sample(cell, name, confirmed=sample.confirmed + found, pending=0)
    waiting_for, known = decide([cell, settled])
    assert waiting_for.log_e_promote <= known.log_e_promote + 1e-6
    assert waiting_for.upper >= known.upper - 1e-9


@settings(max_examples=60, deadline=None)
@given(st.lists(cells((*Mode,)), min_size=1, max_size=6))
def test_many_cells_at_once_say_what_each_says_alone(several: list[Cell]) -> None:
    together = decide(several)
    alone = [decide([cell])[0] for cell in several]
    for one, other in zip(together, alone, strict=True):
        assert_same(one, other)


@settings(max_examples=50, deadline=None)
@given(cells(), st.data())
def test_the_order_of_batches_is_irrelevant(cell: Cell, data: st.DataObject) -> None:
    batches = [(name, sample) for name, sample in cell.samples.items()]
    shuffled = data.draw(st.permutations(batches))
    assert_same(decide([cell])[0], decide([Cell(**{**fields(cell), "samples": dict(shuffled)})])[0])


@given(st.sampled_from(list(Mode)), st.sampled_from([0.0, 0.001, 0.02]))
def test_an_empty_cell_is_insufficient_evidence(mode: Mode, budget: float) -> None:
    for strata in ({}, {"agree": Sample(pairs=0), "disagree": Sample(pairs=0)}):
        decision = decide([Cell(budget=budget, checked=0, settled=0, samples=strata, mode=mode)])[0]
        assert decision.state is State.INSUFFICIENT_EVIDENCE
        assert (decision.estimate, decision.lower, decision.upper) == (None, 0.0, 1.0)


@given(st.integers(1, 3_000), st.data(), st.floats(1e-4, MOST_GUESS))
def test_the_guess_pays_for_a_defect_more_than_the_best_explanation(n: int, data: st.DataObject, mean: float) -> None:
    """The inequality behind the monotone bound: docs/decisions/029-guesses-that-keep-the-bound-monotone.md."""
    k = data.draw(st.integers(0, n - 1))
    a, b = guess(mean)

    def best(j: int) -> float:
        return sum(i * math.log(i / n) for i in (j, n - j) if i)

    assert a == SHAPE
    assert b >= 1 - 1e-12
    assert math.log((a + k) / (b + n - k - 1)) <= best(k + 1) - best(k) + 1e-9


def test_a_wide_guess_would_break_the_bound() -> None:
    """The counterexample that the guess avoids: with Beta(1, b) a first defect lowers the upper bound."""
    worse = [interval(components([5000, 5], [k, 0], [0.9, 0.1], 1.0, [449, 15.7])).upper for k in (0, 1)]
    assert worse[1] < worse[0]
    a, b = guess([0.1 * 0.02 / 0.9, 0.06])
    ours = [interval(components([5000, 5], [k, 0], [0.9, 0.1], a, b)).upper for k in (0, 1)]
    assert ours[1] > ours[0]


def test_evidence_needs_a_rate_that_could_be_otherwise() -> None:
    data = components([10.0], [0.0], [0.01], 1.0, 9.0)
    assert log_e(data, np.array(0.02), Side.PROMOTE) == np.inf


def fields(cell: Cell) -> dict[str, object]:
    return {name: getattr(cell, name) for name in cell.__struct_fields__}


def with_sample(cell: Cell, name: str, **changed: int) -> Cell:
    sample = cell.samples[name]
    new = Sample(**{**{field: getattr(sample, field) for field in sample.__struct_fields__}, **changed})
    return Cell(**{**fields(cell), "samples": {**cell.samples, name: new}})


def assert_same(one: Decision, other: Decision) -> None:
    assert one.state is other.state
    for name in ("log_e_promote", "log_e_reject", "lower", "upper"):
        assert math.isclose(getattr(one, name), getattr(other, name), rel_tol=1e-6, abs_tol=1e-7), name
