"""Does a phase stand approved? What the decisions on it amount to, under the workflow's rules for signing. Pure.

An approval counts until the phase is rejected, its days are over, or its terms have changed: policy, checks, judge or
production model. Two people are two names: without a login nothing proves that they are.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from judge.evidence.record import Decision, Versions
from judge.readiness.policy import Policy, SignoffPolicy
from judge.signing.canonical import canonical, digest


class Standing(StrEnum):
    """Where a phase stands, from best to worst."""

    APPROVED = "approved"
    PENDING = "pending"
    EXPIRED = "expired"
    UNSIGNED = "unsigned"
    REJECTED = "rejected"


class Signed(msgspec.Struct, frozen=True):
    """The standing of a phase, the sentence for a person, and whether any approval in it is a waiver."""

    standing: Standing
    sentence: str
    waived: bool = False


def terms_of(policy: Policy, versions: Versions) -> str:
    """64 hex digits that change when an approval was given on other terms: policy, checks, judge, production model."""
    return digest(canonical((policy, versions.checks, versions.epoch, versions.production_models)))


def recorded_terms(readiness: Mapping[str, Any]) -> str:
    """The terms of a readiness as a sign-off carries it; those of a record that lacks them equal no other's."""
    versions = readiness["evidence"]["versions"]
    parts = (readiness["policy"], *(versions[name] for name in ("checks", "epoch", "production_models")))
    return digest(canonical(parts))


def signed(
    decisions: Sequence[Decision], fingerprint: str, phase: str, rules: SignoffPolicy, terms: str, as_of: datetime
) -> Signed:
    """Where a phase of a candidate stands at `as_of` (UTC), given every decision of its workflow in their order."""
    ours = [each for each in decisions if (each.fingerprint, each.phase) == (fingerprint, phase)]
    if not ours:
        return Signed(Standing.UNSIGNED, f"{phase}: not signed off for this candidate")
    newest = ours[-1]
    told = f"{phase}: sign-off {newest.number} of {newest.signed_at:%Y-%m-%d}"
    if newest.decision == "reject":
        return Signed(Standing.REJECTED, f"{told} rejected it")
    since = max((each.number for each in ours if each.decision == "reject"), default=0)
    given = [each for each in ours if each.number > since]
    counts = [each for each in given if each.terms == terms and _is_fresh(each, rules, as_of)]
    if not counts:
        why = "it is too old" if newest.terms == terms else "policy, checks, judge or production model changed since"
        return Signed(Standing.EXPIRED, f"{told} approved it and has expired: {why}")
    return _counted(counts, told, phase, rules)


def _is_fresh(decision: Decision, rules: SignoffPolicy, as_of: datetime) -> bool:
    return as_of - decision.signed_at <= timedelta(days=rules.valid_days)


def _counted(counts: Sequence[Decision], told: str, phase: str, rules: SignoffPolicy) -> Signed:
    waived = any(each.decision == "waive" for each in counts)
    names = list(dict.fromkeys(each.actor for each in counts))
    by = ", ".join(name if _is_proved(name, counts) else f"{name} (unauthenticated)" for name in names)
    verb = "waived what it lacks" if waived else "approved it"
    if (left := rules.approvers - len(names)) > 0:
        more = "1 more person" if left == 1 else f"{left} more people"
        return Signed(Standing.PENDING, f"{phase}: {by} {verb}; {more} must approve", waived)
    if not set(names) - set(rules.authors):
        return Signed(Standing.PENDING, f"{phase}: {by} {verb}, as an author; somebody else must approve", waived)
    return Signed(Standing.APPROVED, f"{told} {verb}, by {by}", waived)


def _is_proved(name: str, counts: Sequence[Decision]) -> bool:
    return any(each.authenticated for each in counts if each.actor == name)
