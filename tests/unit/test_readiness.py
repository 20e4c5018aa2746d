"""Readiness: tables of policy and evidence, and the state and sentence of each line."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.evidence.record import (
    CheckCount,
    Compared,
    Decision,
    Evidence,
    Intake,
    JudgeRecord,
    Labelled,
    Latency,
    SettledCount,
    Versions,
)
from judge.outcomes import Phase, Severity, State
from judge.readiness.assess import Readiness, assess, digest_of
from judge.readiness.defects import defect_counts, defect_rate, shortfall
from judge.readiness.line import Line, decimals
from judge.readiness.policy import JudgePolicy, Policy, policy_of
from judge.signing.standing import terms_of
from judge.statistics.bounds import upper
from shadow.config import Workflow

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
READY, LACKING, BLOCKED = State.READY, State.INSUFFICIENT_EVIDENCE, State.BLOCKED
JUDGE = JudgePolicy(model="arbiter", rubric="same_answer", min_labels=30, min_agreement=0.8)
ACCEPTED = JudgeRecord(
    verdicts=500,
    against_reviews=[Compared("worse_major", "major", 40), Compared("equivalent", None, 160)],
)
POLICY = Policy(
    budgets={"critical": 0.01, "major": 0.02, "minor": 0.05},
    p95_latency_ms=None,
    min_schema_validity=None,
    min_captured=200,
    cycles_to_expand=2,
    checks=["label_agreement"],
    judge=None,
)
VERSIONS = Versions(checks="c1", scrub=["s1"])
NOTHING = Evidence(workflow="triage", fingerprint="small@1", as_of=NOW)


def change(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)


def settled(clean: int, **severities: int) -> dict[str, Any]:
    """Evidence of pairs that the checks settle, all of them captured and checked."""
    counts = [SettledCount(None, clean)] + [SettledCount(severity, n) for severity, n in severities.items()]
    n = sum(row.pairs for row in counts)
    return {
        "captured": n,
        "checked": n,
        "settled": counts,
        "inclusion": (1.0, 1.0),
        "intake": Intake(paired=n),
        "versions": VERSIONS,
    }


def signed(*decisions: tuple[str, str, int], fingerprint: str = "small@1") -> list[Decision]:
    """Decisions (phase, decision, day of November)."""
    return [
        Decision(
            number,
            fingerprint,
            phase,
            decision,
            datetime(2026, 11, day, tzinfo=UTC),
            "ada",
            True,
            terms_of(POLICY, VERSIONS),
        )
        for number, (phase, decision, day) in enumerate(decisions, start=1)
    ]


EARLIER = signed(("instrument", "approve", 1), ("shadow", "approve", 2))
WHOLE = change(NOTHING, **settled(500), decisions=EARLIER)


def line(readiness: Readiness, name: str) -> Line:
    return next(each for each in readiness.lines if each.name == name)


@pytest.mark.parametrize("phase", Phase)
def test_no_evidence_is_insufficient_evidence_on_every_line(phase: Phase) -> None:
    policy = change(POLICY, judge=JUDGE, p95_latency_ms=500.0, min_schema_validity=0.98)
    found = assess(policy, NOTHING, phase)
    assert {each.state for each in found.lines} == {LACKING}
    assert found.state is LACKING
    assert len(found.missing) == len(found.lines)


@pytest.mark.parametrize(
    ("phase", "evidence", "policy", "name", "state", "sentence"),
    [
        # instrument
        (
            Phase.INSTRUMENT, {"intake": Intake(paired=500, skipped=30, shed=2, rejected=3)}, {}, "funnel", READY,
            "funnel: 500 paired, 30 skipped, 2 shed in this workflow, 3 rejected in all; every record is accounted "
            "for: ready",
        ),
        (
            Phase.INSTRUMENT, {"intake": Intake(paired=500, missing=1)}, {}, "funnel", LACKING,
            "funnel: 500 paired, 0 skipped, 0 shed in this workflow, 0 rejected in all; 1 record without a fate, "
            "0 pairs stored twice: insufficient evidence",
        ),
        (
            Phase.INSTRUMENT, {"intake": Intake(paired=500, repeats=2)}, {}, "funnel", LACKING,
            "funnel: 500 paired, 0 skipped, 0 shed in this workflow, 0 rejected in all; 0 records without a fate, "
            "2 pairs stored twice: insufficient evidence",
        ),
        (Phase.INSTRUMENT, {"intake": Intake(skipped=9)}, {}, "funnel", LACKING,
         "funnel: nothing has been captured: insufficient evidence"),
        (Phase.INSTRUMENT, {}, {}, "captured", READY, "captured: 500 pairs, wanted 200: ready"),
        (Phase.INSTRUMENT, {"captured": 199}, {}, "captured", LACKING,
         "captured: 199 pairs, wanted 200: insufficient evidence"),
        (Phase.INSTRUMENT, {}, {}, "scrubbed", READY, "scrubbed: all 500 pairs, rules s1: ready"),
        (Phase.INSTRUMENT, {"unscrubbed": 1}, {}, "scrubbed", LACKING,
         "scrubbed: 1 pair went unscrubbed: insufficient evidence"),
        (Phase.INSTRUMENT, {}, {}, "checks", READY, "checks: label_agreement on 500 pairs: ready"),
        (Phase.INSTRUMENT, {}, {"checks": []}, "checks", LACKING, "checks: none is configured: insufficient evidence"),
        (Phase.INSTRUMENT, {"checked": 0}, {}, "checks", LACKING,
         "checks: no pair has been checked: insufficient evidence"),
        (Phase.INSTRUMENT, {"checks": [CheckCount("label_agreement", "ERROR", 5)]}, {}, "checks", READY,
         "checks: label_agreement on 500 pairs: ready"),
        (Phase.INSTRUMENT, {"checks": [CheckCount("label_agreement", "ERROR", 6)]}, {}, "checks", LACKING,
         "checks: label_agreement crashes on 1.2 % of the pairs, allowed 1.0 %: insufficient evidence"),
        # shadow
        (Phase.SHADOW, {}, {}, "checked", READY, "checked: 500 of 500 pairs, none overdue: ready"),
        (Phase.SHADOW, {"overdue": 3}, {}, "checked", LACKING,
         "checked: 3 of 500 pairs have waited for more than a minute: insufficient evidence"),
        (Phase.SHADOW, {}, {}, "judge", READY, "judge: none is needed, checks settle every pair: ready"),
        (Phase.SHADOW, {"strata": {"disagree": 7}}, {}, "judge", LACKING,
         "judge: no judge: reviewers only, for 7 pairs that checks leave open: insufficient evidence"),
        (Phase.SHADOW, {"judge": ACCEPTED}, {"judge": JUDGE}, "judge", READY,
         "judge: this judge agrees with reviewers 1.00 of the time on 200 labels; the floor is 0.80, "
         "kappa 1.00 (standard error 0.00), finds at least 0.78 of the defects and passes at least 0.95 of the rest: "
         "accepted"),
        (Phase.SHADOW, {"judge": JudgeRecord(verdicts=90, flips=80)}, {"judge": JUDGE}, "judge", BLOCKED,
         "judge: this judge contradicts itself in 0.89 of 90 pairs when the answers change places: refused"),
        (Phase.SHADOW, {}, {}, "noise floor", LACKING,
         "noise floor: production's disagreement with itself is not measured yet: insufficient evidence"),
        (Phase.SHADOW, {}, {}, "escalation", LACKING, "escalation: not simulated yet: insufficient evidence"),
        # limited: earlier phases
        (Phase.LIMITED, {}, {}, "instrument signed", READY,
         "instrument: sign-off 1 of 2026-11-01 approved it, by ada: ready"),
        (Phase.LIMITED, {"decisions": []}, {}, "shadow signed", LACKING,
         "shadow: not signed off for this candidate: insufficient evidence"),
        (Phase.LIMITED, {"decisions": signed(("shadow", "approve", 1), fingerprint="small@2")}, {}, "shadow signed",
         LACKING, "shadow: not signed off for this candidate: insufficient evidence"),
        (Phase.LIMITED, {"decisions": signed(("shadow", "approve", 1), ("shadow", "reject", 2))}, {}, "shadow signed",
         BLOCKED, "shadow: sign-off 2 of 2026-11-02 rejected it: blocked"),
        # limited: budgets
        (Phase.LIMITED, settled(148), {}, "major defects", LACKING,
         "major defects: 0.000 %, between 0.000 % and 2.004 % (95 %, single look), budget 2.000 %: insufficient "
         "evidence, at least 1 more pair if none is a defect"),
        (Phase.LIMITED, settled(149), {}, "major defects", READY,
         "major defects: 0.00 %, at most 1.99 % (95 %, single look), budget 2.00 %: ready"),
        (Phase.LIMITED, settled(1490, major=10), {}, "major defects", READY,
         "major defects: 0.7 %, at most 1.1 % (95 %, single look), budget 2.0 %: ready"),
        (Phase.LIMITED, settled(197, major=3), {}, "major defects", LACKING,
         "major defects: 1.5 %, between 0.4 % and 3.8 % (95 %, single look), budget 2.0 %: insufficient evidence, "
         "at least 186 more pairs if none is a defect"),
        (Phase.LIMITED, settled(132, major=150, critical=6), {"budgets": {**POLICY.budgets, "major": 0.05}},
         "major defects", BLOCKED,
         "major defects: 54.2 %, at least 49.1 % (95 %, single look), budget 5.0 %: blocked, 44.1 points over"),
        # Of a severity or worse: a critical defect is also a major one, and no minor one is.
        (Phase.LIMITED, settled(100, critical=100), {}, "minor defects", BLOCKED,
         "minor defects: 50.0 %, at least 44.0 % (95 %, single look), budget 5.0 %: blocked, 39.0 points over"),
        (Phase.LIMITED, settled(400, minor=100), {}, "major defects", READY,
         "major defects: 0.0 %, at most 0.6 % (95 %, single look), budget 2.0 %: ready"),
        # A stratum that checks leave open needs labels.
        (Phase.LIMITED, {**settled(400), "strata": {"agree": 100}}, {}, "major defects", LACKING,
         "major defects: rate unknown, between 0.0 % and 20.7 % (95 %, single look), budget 2.0 %: insufficient "
         "evidence, at least 57 more labelled pairs if none is a defect"),
        (Phase.LIMITED,
         {**settled(400), "strata": {"agree": 100}, "labels": [Labelled("agree", "review", "equivalent", 57)]}, {},
         "major defects", READY,
         "major defects: 0.00 %, at most 1.99 % (95 %, single look), budget 2.00 %: ready"),
        # Verdicts of a judge that is not accepted are told, and not counted.
        (Phase.LIMITED,
         {**settled(400), "strata": {"agree": 100}, "labels": [Labelled("agree", "verdict", "equivalent", 90)]}, {},
         "major defects", LACKING,
         "major defects: rate unknown, between 0.0 % and 20.7 % (95 %, single look), budget 2.0 %: insufficient "
         "evidence, at least 57 more labelled pairs if none is a defect (90 verdicts not counted: the judge is not "
         "accepted)"),
        (Phase.LIMITED,
         {**settled(400), "strata": {"agree": 100}, "labels": [Labelled("agree", "verdict", "equivalent", 90)],
          "judge": ACCEPTED}, {"judge": JUDGE},
         "major defects", READY,
         "major defects: 0.0 %, at most 1.8 % (95 %, single look), budget 2.0 %: ready (90 verdicts counted; assumes "
         "that the judge errs no more often here than on the pairs that people reviewed)"),
        # A judge that has met no reviewed critical defect may miss all of them.
        (Phase.LIMITED,
         {**settled(400), "strata": {"agree": 100}, "labels": [Labelled("agree", "verdict", "equivalent", 90)],
          "judge": ACCEPTED}, {"judge": JUDGE},
         "critical defects", LACKING,
         "critical defects: 0.0 %, between 0.0 % and 20.8 % (95 %, single look), budget 1.0 %: insufficient evidence, "
         "no number of labels decides it before more defects of this severity are reviewed (90 verdicts counted; "
         "assumes that the judge errs no more often here than on the pairs that people reviewed)"),
        # Labels need pairs: all of these are open, and more must come.
        (Phase.LIMITED, {**settled(0), "checked": 300, "strata": {"disagree": 90, "agree": 210}}, {}, "major defects",
         LACKING,
         "major defects: rate unknown, between 0.0 % and 100.0 % (95 %, single look), budget 2.0 %: insufficient "
         "evidence, about 513 more pairs and 813 more labelled pairs if none is a defect"),
        # limited: service
        (Phase.LIMITED, {"inclusion": (0.25, 1.0)}, {}, "sampling", LACKING,
         "sampling: pairs had unequal chances to be mirrored, 0.25 to 1: insufficient evidence"),
        (Phase.LIMITED, {"inclusion": (0.5, 0.5)}, {}, "sampling", READY,
         "sampling: every pair had the same chance to be mirrored, 0.5: ready"),
        (Phase.LIMITED, {"candidate_errors": 100}, {}, "failed calls", BLOCKED,
         "failed calls: 20.0 %, at least 17.1 % (95 %, single look), budget 2.0 %: blocked, 15.1 points over"),
        (Phase.LIMITED, {"candidate_latency": Latency(n=500, p95_ms=430.0, p95_lower_ms=410.0, p95_upper_ms=1470.4)},
         {"p95_latency_ms": 1500.0}, "p95 latency", READY,
         "p95 latency: 430 ms, at most 1,470 ms (95 %, single look), limit 1,500 ms: ready"),
        (Phase.LIMITED, {"candidate_latency": Latency(n=500, p95_ms=430.0, p95_lower_ms=410.0, p95_upper_ms=470.0)},
         {"p95_latency_ms": 400.0}, "p95 latency", BLOCKED,
         "p95 latency: 430 ms, at least 410 ms (95 %, single look), limit 400 ms: blocked, 10 ms over"),
        (Phase.LIMITED, {"candidate_latency": Latency(n=500, p95_ms=430.0, p95_lower_ms=410.0, p95_upper_ms=470.0)},
         {"p95_latency_ms": 450.0}, "p95 latency", LACKING,
         "p95 latency: 430 ms, at most 470 ms (95 %, single look), limit 450 ms: insufficient evidence, "
         "more pairs with a latency"),
        (Phase.LIMITED, {"candidate_latency": Latency(n=30, p95_ms=43.0, p95_lower_ms=41.0)},
         {"p95_latency_ms": 450.0}, "p95 latency", LACKING,
         "p95 latency: 43 ms, no upper bound yet (95 %, single look), limit 450 ms: insufficient evidence, "
         "more pairs with a latency"),
        (Phase.LIMITED, {}, {"min_schema_validity": 0.98}, "schema violations", LACKING,
         "schema violations: no json_schema check is configured: insufficient evidence"),
        (Phase.LIMITED, {}, {"min_schema_validity": 0.98, "checks": ["json_schema"]}, "schema violations", READY,
         "schema violations: 0.0 %, at most 0.6 % (95 %, single look), budget 2.0 %: ready"),
        # A check that crashed shows nothing valid, one that did not look shows nothing.
        (Phase.LIMITED,
         {"checks": [CheckCount("json_schema", "ERROR", 100), CheckCount("json_schema", "SKIP", 300)]},
         {"min_schema_validity": 0.98, "checks": ["json_schema"]}, "schema violations", BLOCKED,
         "schema violations: 50.0 %, at least 44.0 % (95 %, single look), budget 2.0 %: blocked, 42.0 points over"),
        # expand
        (Phase.EXPAND, {"decisions": signed(("limited", "approve", 3), ("limited", "approve", 3))}, {}, "cycles",
         LACKING, "cycles: limited was approved on 1 day, wanted 2: insufficient evidence"),
        (Phase.EXPAND, {"decisions": signed(("limited", "approve", 3), ("limited", "approve", 9))}, {}, "cycles",
         READY, "cycles: limited was approved on 2 days, wanted 2: ready"),
        (Phase.EXPAND,
         {"decisions": signed(("limited", "approve", 3), ("limited", "reject", 5), ("limited", "approve", 9))}, {},
         "cycles", LACKING, "cycles: limited was approved on 1 day, wanted 2: insufficient evidence"),
        # Another candidate's approvals are not this one's.
        (Phase.EXPAND,
         {"decisions": signed(("limited", "approve", 3), ("limited", "approve", 9), fingerprint="small@0")}, {},
         "cycles", LACKING, "cycles: limited was approved on 0 days, wanted 2: insufficient evidence"),
        # What nobody checked, or nobody could read, is in no phase a pass.
        (Phase.LIMITED, {"overdue": 400}, {}, "checked", LACKING,
         "checked: 400 of 500 pairs have waited for more than a minute: insufficient evidence"),
        (Phase.EXPAND, {"overdue": 400}, {}, "checked", LACKING,
         "checked: 400 of 500 pairs have waited for more than a minute: insufficient evidence"),
        (Phase.LIMITED, {"intake": Intake(paired=500, rejected=500)}, {}, "funnel", LACKING,
         "funnel: 500 paired, 0 skipped, 0 shed in this workflow, 500 rejected in all; 50.0 % of the records cannot be "
         "read, allowed 1.0 %: insufficient evidence"),
        (Phase.EXPAND, {"decisions": signed(("limited", "approve", 3))}, {}, "limited signed", READY,
         "limited: sign-off 1 of 2026-11-03 approved it, by ada: ready"),
    ],
)  # fmt: skip
def test_line(
    phase: Phase, evidence: dict[str, Any], policy: dict[str, Any], name: str, state: State, sentence: str
) -> None:
    found = line(assess(change(POLICY, **policy), change(WHOLE, **evidence), phase), name)
    assert (found.sentence, found.state) == (sentence, state)
    assert bool(found.missing) is (state is LACKING)


@pytest.mark.parametrize(
    ("phase", "evidence", "state", "sentence"),
    [
        (Phase.INSTRUMENT, {}, READY, "instrument is ready: all 4 lines hold"),
        (Phase.INSTRUMENT, {"captured": 150}, LACKING, "instrument lacks evidence: captured: 50 more pairs"),
        (Phase.SHADOW, {}, LACKING,
         "shadow lacks evidence: noise floor: production's disagreement with itself is not measured yet (and 1 more)"),
        (Phase.LIMITED, {}, READY, "limited is ready: all 9 lines hold"),
        (Phase.LIMITED, {"decisions": EARLIER[:1], **settled(250, minor=250)}, BLOCKED,
         "limited is blocked: minor defects: 50.0 %, at least 46.2 % (95 %, single look), budget 5.0 %: blocked, "
         "41.2 points over"),
        (Phase.LIMITED, settled(250, major=250), BLOCKED,
         "limited is blocked: major defects: 50.0 %, at least 46.2 % (95 %, single look), budget 2.0 %: blocked, "
         "44.2 points over (and 1 more)"),
        (Phase.EXPAND, {"decisions": signed(("limited", "approve", 3), ("limited", "approve", 9))}, READY,
         "expand is ready: all 9 lines hold"),
    ],
)  # fmt: skip
def test_phase(phase: Phase, evidence: dict[str, Any], state: State, sentence: str) -> None:
    found = assess(POLICY, change(WHOLE, **evidence), phase)
    assert (found.sentence, found.state) == (sentence, state)
    assert found.state is State.worst([each.state for each in found.lines])


@given(st.integers(0, 2000), st.integers(0, 40), st.sampled_from([0.001, 0.01, 0.02, 0.05, 0.3]))
def test_ready_exactly_when_the_upper_bound_is_under_the_budget(clean: int, defects: int, budget: float) -> None:
    policy = change(POLICY, budgets={**POLICY.budgets, "major": budget})
    found = line(assess(policy, change(WHOLE, **settled(clean, major=defects)), Phase.LIMITED), "major defects")
    assert found.lower is not None
    assert found.upper is not None
    assert (found.state is READY) == (found.upper < budget)
    assert (found.state is BLOCKED) == (found.lower > budget)
    assert found.upper == pytest.approx(upper(defects, clean + defects))


@given(
    st.integers(0, 300), st.integers(0, 20), st.integers(0, 200), st.integers(0, 200), st.integers(0, 60),
    st.integers(0, 5),
)  # fmt: skip
def test_what_is_said_to_be_missing_suffices(
    clean: int, defects: int, disagree: int, agree: int, labelled: int, bad: int
) -> None:
    """With the pairs and labels that the sentence asks for, none a defect, the line is ready; it asks for none else."""
    labels = [
        Labelled("disagree", "review", "equivalent", labelled),
        Labelled("disagree", "review", "worse_major", bad),
    ]
    strata = {"disagree": disagree, "agree": agree}
    evidence = change(WHOLE, **settled(clean, major=defects), strata=strata, labels=labels)
    counts = defect_counts(evidence, Severity.MAJOR, use_verdicts=False)
    need = shortfall(counts, 0.05)
    assert need is not None
    total = sum(each.weight for each in counts.strata) or 1.0
    grown = change(
        counts,
        pairs=counts.pairs + need.pairs,
        strata=[change(each, labels=each.labels + round(need.labels * each.weight / total)) for each in counts.strata],
    )
    assert defect_rate(grown).upper < 0.05
    assert (
        not need.labels or labelled + bad + need.labels <= sum(each.weight for each in counts.strata) * grown.pairs + 1
    )
    assert (need.pairs == 0 == need.labels) == (defect_rate(counts).upper < 0.05)


@pytest.mark.parametrize(
    ("one", "other", "digits"), [(0.02, 0.05, 1), (0.0199, 0.02, 2), (0.01999, 0.02, 3), (0.02, 0.02, 1)]
)
def test_decimals_tell_a_bound_from_its_budget(one: float, other: float, digits: int) -> None:
    assert decimals(one, other) == digits


@pytest.mark.parametrize(
    "change_of",
    [
        {"captured": 501},
        {"as_of": NOW + timedelta(microseconds=1)},
        {"versions": Versions(checks="c2", scrub=["s1"])},
        {"fingerprint": "small@2"},
        {"reviews": 1},
    ],
)
def test_digest_covers_the_evidence(change_of: dict[str, Any]) -> None:
    before = assess(POLICY, WHOLE, Phase.LIMITED)
    assert assess(POLICY, WHOLE, Phase.LIMITED).digest == before.digest == digest_of(before)
    assert assess(POLICY, change(WHOLE, **change_of), Phase.LIMITED).digest != before.digest


def test_digest_covers_policy_and_phase() -> None:
    before = assess(POLICY, WHOLE, Phase.LIMITED).digest
    assert assess(change(POLICY, min_captured=201), WHOLE, Phase.LIMITED).digest != before
    assert assess(POLICY, WHOLE, Phase.EXPAND).digest != before


def test_a_readiness_survives_json() -> None:
    before = assess(change(POLICY, judge=JUDGE), change(WHOLE, judge=ACCEPTED), Phase.LIMITED)
    assert msgspec.convert(msgspec.to_builtins(before), Readiness) == before


def test_policy_of_a_workflow() -> None:
    workflow = Workflow.model_validate(
        {
            "candidates": ["small"],
            "checks": [{"check": "json_schema"}, {"check": "label_agreement"}],
            "judge": {"model": "arbiter", "min_labels": 40},
            "limits": {"p95_latency_ms": 900},
        }
    )
    assert policy_of(workflow) == Policy(
        budgets={"critical": 0.001, "major": 0.02, "minor": 0.05},
        p95_latency_ms=900.0,
        min_schema_validity=None,
        min_captured=200,
        cycles_to_expand=2,
        checks=["json_schema", "label_agreement"],
        judge=change(JUDGE, min_labels=40),
    )
