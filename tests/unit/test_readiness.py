"""Readiness: tables of policy and evidence, and the state and sentence of each line."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.degenerate.tells import Degeneracy, Tell
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
from judge.outcomes import Phase, State
from judge.readiness.assess import Readiness, assess, digest_of
from judge.readiness.line import Line
from judge.readiness.policy import JudgePolicy, Policy
from judge.signing.standing import terms_of
from judge.statistics.rate import bounds
from shadow.leaks import Leakage

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
        "days": 1,
        "hours": 1,
        "tells": Degeneracy(100, []),
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


GAMED = Tell(
    name="constant", candidate=100, production=3, requests=100, flagged=True, sentence="every answer is the same"
)
OPEN = {**settled(0), "captured": 2000, "checked": 2000, "strata": {"agree": 2000}}


def confirmed(defects: int, refuted: int, missed: int, let_pass: int) -> list[Labelled]:
    """A thousand verdicts: flags that people confirmed and refuted, and audits that found misses and none."""
    flag = {"stratum": "agree", "verdict": "worse_major", "offered": "confirm"}
    passed = {"stratum": "agree", "verdict": "equivalent"}
    rest = 1000 - defects - refuted - missed - let_pass
    rows = [
        Labelled(**flag, review="worse_major", pairs=defects),
        Labelled(**flag, review="equivalent", pairs=refuted),
        Labelled(**passed, offered="audit", review="worse_major", pairs=missed),
        Labelled(**passed, offered="audit", review="equivalent", pairs=let_pass),
        Labelled(**passed, pairs=rest),
    ]
    return [row for row in rows if row.pairs]


EARLIER = signed(("instrument", "approve", 1), ("shadow", "approve", 2))
WHOLE = change(NOTHING, **settled(500), decisions=EARLIER, leakage=Leakage(planted=400))


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
         "judge: none; people label a random sample of the 7 pairs that checks leave open: insufficient evidence"),
        (Phase.SHADOW, {"judge": ACCEPTED}, {"judge": JUDGE}, "judge", READY,
         "judge: this judge agrees with reviewers 1.00 of the time on 200 labels; the floor is 0.80, "
         "kappa 1.00 (standard error 0.00), finds at least 0.78 of the defects and passes at least 0.95 of the rest: "
         "accepted"),
        (Phase.SHADOW, {"judge": JudgeRecord(verdicts=90, flips=80)}, {"judge": JUDGE}, "judge", BLOCKED,
         "judge: this judge contradicts itself in 0.89 of 90 pairs when the answers change places: refused"),
        (Phase.SHADOW, {}, {}, "noise floor", LACKING,
         "noise floor: production's disagreement with itself is not measured yet: insufficient evidence"),
        (Phase.SHADOW, {}, {}, "escalation", LACKING,
         "escalation: 0 pairs with a confidence and a known outcome, wanted 30: insufficient evidence"),
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
        (Phase.LIMITED, settled(100), {}, "major defects", LACKING,
         "major defects: 0.0 %, between 0.0 % and 3.3 % (95 %, valid at every look), budget 2.0 %: "
         "insufficient evidence, about 65 more pairs"),
        (Phase.LIMITED, settled(400), {}, "major defects", READY,
         "major defects: 0.0 %, at most 0.9 % (95 %, valid at every look), budget 2.0 %: ready"),
        (Phase.LIMITED, settled(2980, major=20), {}, "major defects", READY,
         "major defects: 0.7 %, at most 1.3 % (95 %, valid at every look), budget 2.0 %: ready"),
        (Phase.LIMITED, settled(197, major=3), {}, "major defects", LACKING,
         "major defects: 1.5 %, between 0.1 % and 5.7 % (95 %, valid at every look), budget 2.0 %: "
         "insufficient evidence, about 4,300 more pairs"),
        (Phase.LIMITED, settled(132, major=150, critical=6), {"budgets": {**POLICY.budgets, "major": 0.05}},
         "major defects", BLOCKED,
         "major defects: 54.2 %, at least 32.9 % (95 %, valid at every look), budget 5.0 %: blocked, 27.9 "
         "points over"),
        # More evidence asked for: the bounds hold with 99 %.
        (Phase.LIMITED, settled(200), {"evidence": {"limited": 100.0}}, "major defects", LACKING,
         "major defects: 0.0 %, between 0.0 % and 2.5 % (99 %, valid at every look), budget 2.0 %: "
         "insufficient evidence, about 52 more pairs"),
        # Of a severity or worse: a critical defect is also a major one, and no minor one is.
        (Phase.LIMITED, settled(100, critical=100), {}, "minor defects", BLOCKED,
         "minor defects: 50.0 %, at least 26.6 % (95 %, valid at every look), budget 5.0 %: blocked, 21.6 "
         "points over"),
        (Phase.LIMITED, settled(800, minor=200), {}, "major defects", READY,
         "major defects: 0.0 %, at most 0.4 % (95 %, valid at every look), budget 2.0 %: ready"),
        # A stratum that checks leave open needs labels; without a judge people label a random sample.
        (Phase.LIMITED, {**settled(400), "strata": {"agree": 100}}, {}, "major defects", LACKING,
         "major defects: rate unknown, between 0.0 % and 20.0 % (95 %, valid at every look), budget 2.0 %: "
         "insufficient evidence, about 1,100 more pairs and 370 reviews (people label a random sample)"),
        (Phase.LIMITED,
         {**settled(400), "strata": {"agree": 100},
          "labels": [Labelled(stratum="agree", review="equivalent", offered="random", pairs=90)]}, {},
         "major defects", READY,
         "major defects: 0.0 %, at most 0.7 % (95 %, valid at every look), budget 2.0 %: ready (people "
         "label a random sample)"),
        # A reviewer's own pick is no sample.
        (Phase.LIMITED,
         {**settled(400), "strata": {"agree": 100},
          "labels": [Labelled(stratum="agree", review="equivalent", pairs=90)]}, {},
         "major defects", LACKING,
         "major defects: rate unknown, between 0.0 % and 20.0 % (95 %, valid at every look), budget 2.0 %: "
         "insufficient evidence, about 1,100 more pairs and 370 reviews (people label a random sample)"),
        # What the judge alone says decides nothing, in either direction.
        (Phase.LIMITED,
         {**settled(0), "checked": 500, "strata": {"agree": 500},
          "labels": [Labelled(stratum="agree", verdict="equivalent", pairs=400)]}, {"judge": JUDGE},
         "major defects", LACKING,
         "major defects: the judge flagged 0 of 400 pairs, which decides nothing: no person has confirmed "
         "it yet (provisional), budget 2 %: insufficient evidence, people must confirm what the judge "
         "flags, and audit what it lets pass"),
        (Phase.LIMITED,
         {**settled(0), "checked": 500, "strata": {"agree": 500},
          "labels": [Labelled(stratum="agree", verdict="worse_major", pairs=400)]}, {"judge": JUDGE},
         "major defects", LACKING,
         "major defects: the judge flagged 400 of 400 pairs, which decides nothing: no person has "
         "confirmed it yet (provisional), budget 2 %: insufficient evidence, people must confirm what the "
         "judge flags, and audit what it lets pass"),
        # Flags that people confirmed, and audits of what the judge let pass.
        (Phase.LIMITED, {**OPEN, "labels": confirmed(5, 40, 0, 400)}, {"judge": JUDGE}, "major defects", READY,
         "major defects: 0.50 %, at most 1.98 % (95 %, valid at every look), budget 2.00 %: ready (no "
         "assumption about the judge)"),
        (Phase.LIMITED, {**OPEN, "labels": confirmed(5, 40, 0, 30)}, {"judge": JUDGE}, "major defects", LACKING,
         "major defects: 0.5 %, between 0.1 % and 16.3 % (95 %, valid at every look), budget 2.0 %: "
         "insufficient evidence, about 550 reviews (no assumption about the judge)"),
        (Phase.LIMITED, {**OPEN, "labels": confirmed(90, 40, 0, 0)}, {"judge": JUDGE}, "major defects", BLOCKED,
         "major defects: 9.0 %, at least 3.5 % (95 %, valid at every look), budget 2.0 %: blocked, 1.5 "
         "points over (no assumption about the judge)"),
        # A judge that lets defects pass is found out by audits: no promotion on its word.
        (Phase.LIMITED, {**OPEN, "labels": confirmed(0, 0, 40, 360)}, {"judge": JUDGE}, "major defects", LACKING,
         "major defects: 10.0 %, between 0.0 % and 25.1 % (95 %, valid at every look), budget 2.0 %: "
         "insufficient evidence, audits find more than the budget among what the judge lets pass: mend the "
         "judge or its rubric (no assumption about the judge)"),
        # The named waiver, on every line.
        (Phase.LIMITED,
         {**OPEN, "labels": [Labelled(stratum="agree", verdict="equivalent", pairs=1000)]},
         {"judge": JUDGE, "judge_as_truth": "exact match is what the rubric asks, says Ada"}, "major defects", READY,
         "major defects: 0.0 %, at most 0.4 % (95 %, valid at every look), budget 2.0 %: ready (the judge "
         "is taken for the truth on the word of: exact match is what the rubric asks, says Ada)"),
        # Pairs of one day and of four hours.
        (Phase.LIMITED, {}, {"min_days": 3}, "days", LACKING, "days: pairs of 1 day, wanted 3: insufficient evidence"),
        (Phase.LIMITED, {"hours": 4}, {"min_hours": 4}, "hours", READY,
         "hours: pairs of 4 hours of the day, wanted 4: ready"),
        (Phase.LIMITED, {"tells": Degeneracy(12, [])}, {}, "answers", LACKING,
         "answers: those to 12 distinct requests looked at, none of a degenerate kind: insufficient "
         "evidence"),
        (Phase.LIMITED, {"tells": Degeneracy(100, [GAMED])}, {}, "answers", BLOCKED,
         "answers: every answer is the same: blocked"),
        # limited: service
        (Phase.LIMITED, {"inclusion": (0.25, 1.0)}, {}, "sampling", LACKING,
         "sampling: pairs had unequal chances to be mirrored, 0.25 to 1: insufficient evidence"),
        (Phase.LIMITED, {"inclusion": (0.5, 0.5)}, {}, "sampling", READY,
         "sampling: every pair had the same chance to be mirrored, 0.5: ready"),
        (Phase.LIMITED, {"candidate_errors": 100}, {}, "failed calls", BLOCKED,
         "failed calls: 20.0 %, at least 10.5 % (95 %, valid at every look), budget 2.0 %: blocked, 8.5 points over"),
        (Phase.LIMITED, {"candidate_latency": Latency(n=500, p95_ms=430.0, p95_lower_ms=410.0, p95_upper_ms=1470.4)},
         {"p95_latency_ms": 1500.0}, "p95 latency", READY,
         "p95 latency: 430 ms, at most 1,470 ms (95 %, valid at every look), limit 1,500 ms: ready"),
        (Phase.LIMITED, {"candidate_latency": Latency(n=500, p95_ms=430.0, p95_lower_ms=410.0, p95_upper_ms=470.0)},
         {"p95_latency_ms": 400.0}, "p95 latency", BLOCKED,
         "p95 latency: 430 ms, at least 410 ms (95 %, valid at every look), limit 400 ms: blocked, 10 ms over"),
        (Phase.LIMITED, {"candidate_latency": Latency(n=500, p95_ms=430.0, p95_lower_ms=410.0, p95_upper_ms=470.0)},
         {"p95_latency_ms": 450.0}, "p95 latency", LACKING,
         "p95 latency: 430 ms, at most 470 ms (95 %, valid at every look), limit 450 ms: insufficient "
         "evidence, more pairs with a latency"),
        (Phase.LIMITED, {"candidate_latency": Latency(n=30, p95_ms=43.0, p95_lower_ms=41.0)},
         {"p95_latency_ms": 450.0}, "p95 latency", LACKING,
         "p95 latency: 43 ms, no upper bound yet (95 %, valid at every look), limit 450 ms: insufficient "
         "evidence, more pairs with a latency"),
        (Phase.LIMITED, {}, {"min_schema_validity": 0.98}, "schema violations", LACKING,
         "schema violations: no json_schema check is configured: insufficient evidence"),
        (Phase.LIMITED, {}, {"min_schema_validity": 0.98, "checks": ["json_schema"]}, "schema violations", READY,
         "schema violations: 0.0 %, at most 0.7 % (95 %, valid at every look), budget 2.0 %: ready"),
        # A check that crashed shows nothing valid, one that did not look shows nothing.
        (Phase.LIMITED,
         {"checks": [CheckCount("json_schema", "ERROR", 100), CheckCount("json_schema", "SKIP", 300)]},
         {"min_schema_validity": 0.98, "checks": ["json_schema"]}, "schema violations", BLOCKED,
         "schema violations: 50.0 %, at least 20.0 % (95 %, valid at every look), budget 2.0 %: blocked, "
         "18.0 points over"),
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
    assert (_shape(found.sentence), found.state) == (_shape(sentence), state)
    assert bool(found.missing) is (state is LACKING)


def _shape(sentence: str) -> str:
    """A sentence without its percentages: the width of bounds is tested with the statistics."""
    return re.sub(r"[\d.]+ (%|points)", r"N \1", sentence)


@pytest.mark.parametrize(
    ("phase", "evidence", "state", "sentence"),
    [
        (Phase.INSTRUMENT, {}, READY, "instrument is ready: all 5 lines hold"),
        (Phase.INSTRUMENT, {"captured": 150}, LACKING, "instrument lacks evidence: captured: 50 more pairs"),
        (Phase.SHADOW, {}, LACKING,
         "shadow lacks evidence: noise floor: set workflows.triage.noise_floor, so that production is "
         "asked again (and 1 more)"),
        (Phase.LIMITED, {}, READY, "limited is ready: all 12 lines hold"),
        (Phase.LIMITED, {"decisions": EARLIER[:1], **settled(250, minor=250)}, BLOCKED,
         "limited is blocked: minor defects: 50.0 %, at least 34.3 % (95 %, valid at every look), budget "
         "5.0 %: blocked, 29.3 points over"),
        (Phase.LIMITED, settled(250, major=250), BLOCKED,
         "limited is blocked: major defects: 50.0 %, at least 28.2 % (95 %, valid at every look), budget "
         "2.0 %: blocked, 26.2 points over (and 1 more)"),
        (Phase.EXPAND, {"decisions": signed(("limited", "approve", 3), ("limited", "approve", 9))}, READY,
         "expand is ready: all 12 lines hold"),
    ],
)  # fmt: skip
def test_phase(phase: Phase, evidence: dict[str, Any], state: State, sentence: str) -> None:
    found = assess(POLICY, change(WHOLE, **evidence), phase)
    assert (_shape(found.sentence), found.state) == (_shape(sentence), state)
    assert found.state is State.worst([each.state for each in found.lines])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2000), st.integers(0, 40), st.sampled_from([0.001, 0.01, 0.02, 0.05, 0.3]))
def test_ready_exactly_when_the_upper_bound_is_under_the_budget(clean: int, defects: int, budget: float) -> None:
    policy = change(POLICY, budgets={**POLICY.budgets, "major": budget})
    found = line(assess(policy, change(WHOLE, **settled(clean, major=defects)), Phase.LIMITED), "major defects")
    assert found.lower is not None
    assert found.upper is not None
    assert (found.state is READY) == (found.upper < budget)
    assert (found.state is BLOCKED) == (found.lower > budget)
    expected = bounds(defects, clean + defects, limit=budget)
    assert found.upper == pytest.approx(float(expected.upper), abs=1e-6)


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
