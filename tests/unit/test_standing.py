"""Where a phase stands: who approved it, whether that suffices, and when it no longer counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from judge.evidence.record import Decision, Versions
from judge.readiness.policy import Policy, SignoffPolicy
from judge.signing.standing import Standing, recorded_terms, signed, terms_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ADA, BEN, CYD = "ada", "ben", "cyd"


def decisions(*given: tuple[Any, ...]) -> list[Decision]:
    """Decisions (actor, decision, days ago, terms), from the oldest on."""
    return [
        Decision(number, "small@1", "limited", decision, NOW - timedelta(days=days), actor, True, terms)
        for number, (actor, decision, days, terms) in enumerate(given, start=1)
    ]


@pytest.mark.parametrize(
    ("given", "rules", "standing", "sentence"),
    [
        ([], {}, Standing.UNSIGNED, "limited: not signed off for this candidate"),
        ([(ADA, "approve", 1, "t")], {}, Standing.APPROVED, "sign-off 1 of 2026-11-23 approved it, by ada"),
        ([(ADA, "approve", 3, "t"), (BEN, "reject", 1, "t")], {}, Standing.REJECTED, "sign-off 2 of 2026-11-23 reject"),
        ([(ADA, "approve", 1, "t")], {"approvers": 2}, Standing.PENDING, "ada approved it; 1 more person must approve"),
        ([(ADA, "approve", 2, "t"), (ADA, "approve", 1, "t")], {"approvers": 2}, Standing.PENDING, "1 more person"),
        ([(ADA, "approve", 2, "t"), (BEN, "approve", 1, "t")], {"approvers": 2}, Standing.APPROVED, "by ada, ben"),
        ([(ADA, "approve", 1, "t")], {"approvers": 3}, Standing.PENDING, "2 more people must approve"),
        # What was approved before a rejection is gone.
        (
            [(ADA, "approve", 3, "t"), (CYD, "reject", 2, "t"), (BEN, "approve", 1, "t")],
            {"approvers": 2}, Standing.PENDING, "limited: ben approved it; 1 more person",
        ),
        # An author does not suffice, and does count beside somebody else.
        ([(ADA, "approve", 1, "t")], {"authors": [ADA]}, Standing.PENDING, "as an author; somebody else must approve"),
        (
            [(ADA, "approve", 2, "t"), (BEN, "approve", 1, "t")],
            {"authors": [ADA], "approvers": 2}, Standing.APPROVED, "by ada, ben",
        ),
        # Other terms, or too long ago.
        ([(ADA, "approve", 1, "old")], {}, Standing.EXPIRED, "policy, checks, judge or production model changed"),
        ([(ADA, "approve", 91, "t")], {}, Standing.EXPIRED, "has expired: it is too old"),
        ([(ADA, "approve", 91, "t")], {"valid_days": 100}, Standing.APPROVED, "by ada"),
        (
            [(ADA, "approve", 5, "old"), (BEN, "approve", 1, "t")],
            {"approvers": 2}, Standing.PENDING, "ben approved it; 1 more person",
        ),
    ],
)  # fmt: skip
def test_where_a_phase_stands(
    given: list[tuple[Any, ...]], rules: dict[str, Any], standing: Standing, sentence: str
) -> None:
    found = signed(decisions(*given), "small@1", "limited", SignoffPolicy(**rules), "t", NOW)
    assert found.standing is standing
    assert sentence in found.sentence
    assert not found.waived


def test_a_waiver_is_told_as_one() -> None:
    found = signed(decisions((ADA, "waive", 1, "t")), "small@1", "limited", SignoffPolicy(), "t", NOW)
    assert (found.standing, found.waived) == (Standing.APPROVED, True)
    assert "waived what it lacks, by ada" in found.sentence


@pytest.mark.parametrize(("fingerprint", "phase"), [("small@2", "limited"), ("small@1", "shadow")])
def test_decisions_on_something_else_do_not_count(fingerprint: str, phase: str) -> None:
    given = decisions((ADA, "approve", 1, "t"))
    assert signed(given, fingerprint, phase, SignoffPolicy(), "t", NOW).standing is Standing.UNSIGNED


def test_terms_are_policy_checks_judge_and_production_model() -> None:
    policy = Policy(
        budgets={},
        p95_latency_ms=None,
        min_schema_validity=None,
        min_captured=1,
        cycles_to_expand=1,
        checks=[],
        judge=None,
    )
    versions = Versions(checks="c", epoch="e", production_models=["m"], scrub=["s"])
    terms = terms_of(policy, versions)
    changed = [
        Versions(checks="d", epoch="e", production_models=["m"]),
        Versions(checks="c", epoch="f", production_models=["m"]),
        Versions(checks="c", epoch="e", production_models=["m", "n"]),
    ]
    assert len({terms, *(terms_of(policy, each) for each in changed)}) == 4
    assert terms_of(policy, Versions(checks="c", epoch="e", production_models=["m"], scrub=["t"])) == terms
    record = {"policy": msgspec.to_builtins(policy), "evidence": {"versions": msgspec.to_builtins(versions)}}
    assert recorded_terms(record) == terms
