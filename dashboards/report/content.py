"""What the evidence pack says, as records: read once from the store, then shown as HTML or JSON."""

from datetime import datetime

import msgspec

from connectors.types import Completion
from judge.board import a_moment_ago, board_of, calibration_of
from judge.calibration.calibrate import Calibration
from judge.evidence.record import Evidence
from judge.evidence.sample import Sampled, sample
from judge.judging.prompt import shorten, show_answer
from judge.outcomes import Outcome, Phase, Severity, State
from judge.queries import spend
from judge.readiness.assess import Readiness
from judge.signing import chain
from judge.signing.chain import SignOff
from judge.signing.signoff import Finding, verify
from judge.signing.standing import Signed, signed, terms_of
from shadow.config import Config
from shadow.store import Store
from shadow.types import Pair

ANSWER_CHARS = 600


class Spent(msgspec.Struct, frozen=True):
    """Calls and tokens of one arm, as its servers reported them."""

    arm: str
    calls: int
    input_tokens: int | None
    output_tokens: int | None


class ShownPair(msgspec.Struct, frozen=True):
    """One sampled pair: both answers as stored, that is scrubbed, and cut to a length; no prompt."""

    request_id: str
    occurred_at: datetime
    stratum: str
    outcome: str | None
    severity: str | None
    failed: list[str]
    production: str
    candidate: str


class PastDecision(msgspec.Struct, frozen=True):
    """A decision of the past, without the readiness that it carries."""

    number: int
    signed_at: datetime
    phase: str
    fingerprint: str
    decision: str
    actor: str
    authenticated: bool
    reason: str
    digest: str


class OfCandidate(msgspec.Struct, frozen=True):
    """All about one candidate: its phases with where each stands signed, and sampled pairs."""

    fingerprint: str
    phases: list[Readiness]
    standing: dict[str, Signed]
    pairs: list[ShownPair]

    @property
    def evidence(self) -> Evidence:
        return self.phases[0].evidence


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence pack of a workflow at `as_of` (UTC). `newest_hash` is that of the whole chain of sign-offs."""

    workflow: str
    description: str
    as_of: datetime
    candidates: list[OfCandidate]
    judge: Calibration | None
    spent: list[Spent]
    decisions: list[PastDecision]
    newest_hash: str | None
    findings: list[Finding]
    definitions: dict[str, str]
    limits: list[str]


DEFINITIONS = {
    "pair": "one production call, and what the candidate answered to the same request",
    "defect": "a pair on which the candidate's answer is worse, or both are bad; a mere difference is none",
    "critical, major, minor": "how bad a defect is; each budget counts its severity or worse",
    "bound": "the highest or lowest rate that the evidence still allows, at the confidence the line names",
    "ready, blocked, insufficient evidence": "every line of the phase holds; one is surely broken; or nobody knows yet",
    "settled, disagree, agree": "checks know the outcome; the answers differ; they do not differ",
    "digest": "SHA-256 of a readiness with its evidence and policy: what a sign-off is bound to",
}
LIMITS = [
    "Labels of people are taken as the truth. Where reviewers disagree, the newest label counts.",
    "Rates speak of the traffic that was mirrored in the time shown, not of traffic of another kind.",
    "Sampled pairs are shown as stored: scrubbed by the rules named under versions, and cut. No prompt is shown.",
    "A chain of sign-offs cut short at its end looks like a shorter chain: compare its newest hash with a copy.",
]


def pack(store: Store, config: Config, workflow: str, pairs_each: int) -> Pack:
    """The evidence pack of a workflow, with `pairs_each` sampled pairs of every stratum and candidate.

    Raises UserError for an unknown workflow.
    """
    as_of = a_moment_ago()
    phases = board_of(store, config, workflow, as_of)
    candidates = list(dict.fromkeys(each.fingerprint for each in phases))
    rows = chain.standing(chain.links(store))[0]
    settings = config.workflows[workflow]
    return Pack(
        workflow=workflow,
        description=settings.description,
        as_of=as_of,
        candidates=[
            _candidate(store, [each for each in phases if each.fingerprint == name], pairs_each) for name in candidates
        ],
        judge=calibration_of(store, config, workflow, as_of) if settings.judge else None,
        spent=[
            Spent(row["arm"], row["calls"], row["input_tokens"], row["output_tokens"])
            for row in spend(store).to_dicts()
            if row["workflow"] == workflow
        ],
        decisions=[_past(each) for each in chain.history(store) if each.workflow == workflow],
        newest_hash=rows[-1].record_hash if rows else None,
        findings=verify(store),
        definitions=DEFINITIONS,
        limits=LIMITS,
    )


def headline(of: OfCandidate) -> str:
    """How far a candidate may go, in one sentence."""
    ready = [each.phase for each in of.phases if each.state is State.READY]
    blocked = [each for each in of.phases if each.state is State.BLOCKED]
    if blocked:
        return blocked[0].sentence
    if len(ready) == len(Phase):
        return "every phase is ready"
    lacking = next(each for each in of.phases if each.state is State.INSUFFICIENT_EVIDENCE)
    return lacking.sentence


def severities() -> list[str]:
    """The severities from worst to mildest, and the outcomes that are defects of each."""
    return [f"{each}: {', '.join(o for o in Outcome if o.severity is each)}" for each in Severity]


def _candidate(store: Store, phases: list[Readiness], pairs_each: int) -> OfCandidate:
    seen = phases[0]
    evidence = seen.evidence
    terms = terms_of(seen.policy, evidence.versions)
    drawn = sample(store, seen.workflow, seen.fingerprint, evidence.versions.checks, pairs_each)
    return OfCandidate(
        fingerprint=seen.fingerprint,
        phases=phases,
        standing={
            phase: signed(evidence.decisions, seen.fingerprint, phase, seen.policy.signoff, terms, seen.as_of)
            for phase in Phase
        },
        pairs=[_shown(each) for each in drawn],
    )


def _shown(drawn: Sampled) -> ShownPair:
    pair = drawn.pair
    return ShownPair(
        request_id=pair.request_id,
        occurred_at=pair.occurred_at,
        stratum=drawn.stratum,
        outcome=drawn.outcome,
        severity=drawn.severity,
        failed=drawn.failed,
        production=_answer(pair, pair.production),
        candidate=_answer(pair, pair.candidate),
    )


def _past(decision: SignOff) -> PastDecision:
    return PastDecision(**{name: getattr(decision, name) for name in PastDecision.__struct_fields__})


def _answer(pair: Pair, answer: Completion) -> str:
    return shorten(show_answer(answer), ANSWER_CHARS) if pair.examined is None else "[text not kept]"
