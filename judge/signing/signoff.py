"""Is what a person read still so, and is what was signed still what the store says?"""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from judge.evidence.asking import Subject
from judge.evidence.gather import counts, gather
from judge.evidence.record import Evidence
from judge.outcomes import Severity, State
from judge.readiness.assess import Readiness, assess
from judge.readiness.defects import cell, mode_of
from judge.readiness.policy import RULES, Policy
from judge.signing import chain
from judge.signing.chain import Link
from judge.statistics.cell import Mode
from shadow.store import Store

MAX_AGE = timedelta(hours=1)


class Finding(msgspec.Struct, frozen=True):
    """What is wrong with one sign-off; the sentence names it by its number."""

    number: int
    signoff_id: str
    sentence: str


def staleness(seen: Readiness, current: Readiness, digest: str) -> str | None:
    """Why a decision on what was read would no longer fit, or None.

    `seen` is the readiness computed again for the time that was read, `current` the one of now, `digest` that of
    what was shown.
    """
    if seen.as_of > current.as_of:
        return "it is of a time to come"
    if current.as_of - seen.as_of > MAX_AGE:
        return "it is older than an hour"
    if seen.digest != digest:
        return "its counts, policy or versions are not those that were shown"
    if current.evidence.reviews != seen.evidence.reviews:
        return "pairs of this workflow have been reviewed since"
    if current.evidence.decisions != seen.evidence.decisions:
        return "another decision on this workflow has been signed since"
    if current.evidence.versions != seen.evidence.versions:
        return "checks, judge, scrub rules or production model have changed since"
    for before, now in zip(seen.lines, current.lines, strict=True):
        if before.state is not now.state:
            return f"{now.name} was {before.state} and is {now.state}"
    return None


def verify(store: Store) -> list[Finding]:
    """Everything that does not hold in the chain of sign-offs; empty when all of it holds.

    Each row must continue the row before it and fit its own hash; its readiness must follow again from its policy and
    evidence; and the store must still give the same evidence for its time. A chain cut short at its end cannot be told
    from a shorter chain: keep the newest record's hash somewhere else.
    """
    stand, forks = chain.standing(chain.links(store))
    found = [_finding(row, "signed at the same moment as another, so it does not count") for row in forks]
    previous: Link | None = None
    for row in stand:
        fault = chain.fault(row, previous)
        found += [_finding(row, each) for each in ([fault] if fault else _differences(store, row))]
        previous = row
    return sorted(found, key=lambda finding: finding.number)


def _finding(row: Link, what: str) -> Finding:
    return Finding(row.number, row.signoff_id, f"sign-off {row.number}: {what}")


def _differences(store: Store, row: Link) -> Iterator[str]:
    """What a decision rests on, computed again from its record and from the store."""
    signed = chain.decode(row.record)
    rules = signed.readiness.get("policy", {}).get("rules")
    if rules != RULES:
        yield f"it was signed under the rules {rules}, this version has {RULES}: verify it with the version of then"
        return
    try:
        readiness = msgspec.convert(signed.readiness, Readiness)
    except msgspec.ValidationError as error:
        yield f"the readiness it carries cannot be read: {error}"
        return
    again = assess(readiness.policy, readiness.evidence, readiness.phase)
    if again != readiness or again.digest != signed.digest:
        yield f"its evidence and policy give {again.state} now, and not the readiness that was signed"
    if any(getattr(signed, name) != getattr(readiness, name) for name in ("workflow", "fingerprint", "phase", "as_of")):
        yield "it names another workflow, candidate, phase or time than the readiness it carries"
    if signed.decision == "approve" and again.state is not State.READY:
        yield f"it approves a phase that was not ready: {again.state}"
    evidence = readiness.evidence
    stored = gather(store, [_subject(evidence)], evidence.as_of)[0]
    changed = [name for name in evidence.__struct_fields__ if getattr(stored, name) != getattr(evidence, name)]
    if changed:
        yield f"the store now says otherwise for {evidence.as_of.isoformat()}: {', '.join(changed)}"
    yield from _crossings(store, readiness.policy, evidence)


def _crossings(store: Store, policy: Policy, evidence: Evidence) -> Iterator[str]:
    """Earlier looks that the decision may rest on must count what the store says of their time."""
    for each in evidence.crossings:
        then = counts(store, _subject(evidence), each.counted_at)
        truth = Mode.CLEAN in (mode_of(policy, then), each.cell.mode) and mode_of(policy, then) is not each.cell.mode
        ours = each.cell.budget == policy.budgets[each.severity] and not truth
        if ours and cell(policy, then, Severity(each.severity), each.cell.mode) != each.cell:
            when = each.counted_at.isoformat()
            yield f"the {each.side} evidence on {each.severity} defects kept for {when} is not that of the store"


def _subject(evidence: Evidence) -> Subject:
    return Subject(evidence.workflow, evidence.fingerprint, evidence.versions.checks, evidence.versions.setup)
