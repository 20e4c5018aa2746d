"""The plan and the forecast."""

import pytest

from judge.outcomes import State
from judge.statistics.cell import Cell, Mode, Sample
from judge.statistics.decision import decide
from judge.statistics.forecast import about, forecast
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


def test_forecast_of_a_good_candidate() -> None:
    found = forecast(cell(Sample(pairs=900, judged=80), Sample(pairs=100, judged=20)))
    assert found.promote > 0.9
    assert found.calls is not None
    assert 50 <= found.calls <= 400
    assert found.sentence.startswith("about ")


def test_forecast_of_a_bad_candidate_and_of_one_that_is_decided() -> None:
    bad = forecast(cell(Sample(pairs=900, judged=80), Sample(pairs=100, judged=20, confirmed=12)))
    assert bad.reject > 0.9
    done = cell(Sample(pairs=900, judged=400), Sample(pairs=100, judged=60))
    assert decide([done])[0].state is State.READY
    assert forecast(done).calls == 0


def test_no_forecast_where_labels_decide_nothing() -> None:
    for one in (
        cell(Sample(pairs=0), Sample(pairs=0)),
        cell(Sample(pairs=900, judged=50), Sample(pairs=100), Mode.PROVISIONAL),
    ):
        found = forecast(one)
        assert (found.calls, found.promote, found.reject) == (None, 0.0, 0.0)
        assert found.sentence.startswith("no forecast")


def test_forecast_in_local_mode_counts_audits() -> None:
    found = forecast(cell(Sample(pairs=900, judged=200, audited=50), Sample(pairs=100, judged=40), Mode.LOCAL))
    assert found.audits is not None
    assert found.audits > 0
    assert "audits" in found.sentence


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (7, "7"), (279, "300"), (2588, "3,000"), (96, "100")])
def test_about(number: int, text: str) -> None:
    assert about(number) == text


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
