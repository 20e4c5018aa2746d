"""May a phase begin? Policy and evidence in, a state with its lines and sentences out. Pure: no clock, no store."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from judge.evidence.record import Evidence
from judge.outcomes import Phase, State
from judge.readiness.ahead import work_ahead
from judge.readiness.line import Line
from judge.readiness.phases import LINES
from judge.readiness.policy import Policy
from judge.signing.canonical import canonical, digest

__all__ = ["Line", "Readiness", "assess", "digest_of"]


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """What may be said of a phase at `as_of`, with everything it rests on.

    `missing` says what to do for each line that lacks evidence. `digest` is the SHA-256 of all the rest.
    """

    workflow: str
    fingerprint: str
    phase: Phase
    as_of: datetime
    state: State
    sentence: str
    lines: list[Line]
    missing: list[str]
    policy: Policy
    evidence: Evidence
    digest: str = ""


def assess(policy: Policy, evidence: Evidence, phase: Phase) -> Readiness:
    """The readiness of a phase: as bad as its worst line."""
    lines = LINES[phase](policy, evidence)
    state = State.worst([line.state for line in lines])
    readiness = Readiness(
        workflow=evidence.workflow,
        fingerprint=evidence.fingerprint,
        phase=phase,
        as_of=evidence.as_of,
        state=state,
        sentence=_sentence(phase, state, lines),
        lines=lines,
        missing=[line.missing for line in lines if line.missing],
        policy=policy,
        evidence=evidence,
    )
    return msgspec.structs.replace(readiness, digest=digest_of(readiness))


def assess_all(asked: Sequence[tuple[Policy, Evidence, Phase]]) -> list[Readiness]:
    """The readiness of many phases; all that they need of the statistics is worked out together."""
    work_ahead({id(evidence): (policy, evidence) for policy, evidence, _ in asked}.values())
    return [assess(*each) for each in asked]


def digest_of(readiness: Readiness) -> str:
    """SHA-256, 64 hex digits, of everything in a readiness but its digest."""
    return digest(canonical(msgspec.structs.replace(readiness, digest="")))


def _sentence(phase: Phase, state: State, lines: Sequence[Line]) -> str:
    if state is State.READY:
        return f"{phase} is ready: all {len(lines)} lines hold"
    if state is State.INSUFFICIENT_EVIDENCE:
        needs = [line.missing for line in lines if line.missing]
        return f"{phase} lacks evidence: {needs[0]}{_more(len(needs))}"
    blocked = [line.sentence for line in lines if line.state is State.BLOCKED]
    return f"{phase} is blocked: {blocked[0]}{_more(len(blocked))}"


def _more(n: int) -> str:
    return f" (and {n - 1} more)" if n > 1 else ""
