"""The plan, and what a label of it brings."""

import math

import pytest

from judge.outcomes import State
from judge.statistics.cell import Cell, Mode, Sample
from judge.statistics.decision import decide
from judge.statistics.modes import choose_mode, sentence
from judge.statistics.worst_case import Side


def cell(agree: Sample, disagree: Sample, mode: Mode = Mode.CLEAN, budget: float = 0.02) -> Cell:
    samples = {"agree": agree, "disagree": disagree}
    checked = agree.pairs + disagree.pairs
    return Cell(budget=budget, checked=checked, settled=0, samples=samples, mode=mode)


def test_every_stratum_is_looked_at_first() -> None:
    plan = decide([cell(Sample(pairs=900), Sample(pairs=100))])[0].next
    assert plan.judge == {"agree": pytest.approx(0.6), "disagree": pytest.approx(0.4)}
    only = decide([cell(Sample(pairs=1000, judged=10), Sample(pairs=0))])[0].next
    assert only.judge == {"agree": 1.0}


def test_to_promote_the_agreements_need_the_looks() -> None:
    plan = decide([cell(Sample(pairs=900, judged=100), Sample(pairs=100, judged=100, confirmed=1))])[0].next
    assert plan.toward is Side.PROMOTE
    assert plan.judge["agree"] > 0.9


def test_to_reject_the_disagreements_do() -> None:
    plan = decide([cell(Sample(pairs=900, judged=100), Sample(pairs=100, judged=40, confirmed=16))])[0].next
    assert plan.toward is Side.REJECT
    assert plan.judge["disagree"] > 0.8


def test_without_an_assumption_people_audit_what_the_judge_let_pass() -> None:
    plan = decide([cell(Sample(pairs=900, judged=500), Sample(pairs=100, judged=60, audited=60), Mode.LOCAL)])[0].next
    assert plan.audit["agree"] > 0.9
    assert sum(plan.judge.values()) + sum(plan.audit.values()) == pytest.approx(1.0)


def test_nothing_to_label_nothing_planned() -> None:
    plan = decide([cell(Sample(pairs=0), Sample(pairs=0))])[0].next
    assert (plan.judge, plan.audit) == ({}, {})


def test_a_label_brings_more_evidence_the_further_the_rate_lies_from_the_budget() -> None:
    def brought(confirmed: int) -> float:
        samples = Sample(pairs=900, judged=200), Sample(pairs=100, judged=60, confirmed=confirmed)
        return decide([cell(*samples)])[0].next.nats

    none, near, far, further = (brought(confirmed) for confirmed in (0, 7, 30, 50))
    assert none > near > 0
    assert further > far > near


def test_the_forecast_is_of_the_right_order() -> None:
    """A candidate without a defect: what is still lacking over what a label brings, against labelling on."""
    start = cell(Sample(pairs=9000, judged=80), Sample(pairs=1000, judged=20))
    now = decide([start])[0]
    said = (math.log(20) - now.log_e_promote) / now.next.nats
    judged = next(n for n in range(80, 2000) if _ready(n))
    assert said / 2 < judged - 80 < 2 * said


def _ready(judged: int) -> bool:
    found = decide([cell(Sample(pairs=9000, judged=judged), Sample(pairs=1000, judged=20 + (judged - 80) // 10))])[0]
    return found.state is State.READY


@pytest.mark.parametrize(
    ("pool", "given", "mode"),
    [
        (200, {"human_labels": True, "guard_quiet": True}, Mode.POOLED),
        (99, {"human_labels": True, "guard_quiet": True}, Mode.LOCAL),
        (200, {"human_labels": True, "guard_quiet": False}, Mode.LOCAL),
        (200, {"human_labels": False, "guard_quiet": True}, Mode.PROVISIONAL),
        (0, {"human_labels": True, "guard_quiet": True, "truth": True}, Mode.CLEAN),
    ],
)
def test_the_mode_follows_the_evidence(pool: int, given: dict[str, bool], mode: Mode) -> None:
    assert choose_mode(pool, **given) is mode


def test_every_mode_says_what_it_assumes() -> None:
    assert "misses at most 1.5x as often here as in its calibration pool (n=214)" in sentence(Mode.POOLED, 214)
    assert sentence(Mode.LOCAL) == "no assumption about the judge"
    assert all(sentence(mode) for mode in Mode)
