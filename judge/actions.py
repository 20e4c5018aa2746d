"""The writes that people make, with their roles enforced where the write happens."""

import threading
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import polars as pl

from connectors.errors import UserError
from judge.board import readiness_of
from judge.outcomes import Outcome, Phase, State
from judge.people import Actor, Role, require
from judge.readiness.assess import Readiness
from judge.sampling.claims import claim_of
from judge.sampling.reason import Reason
from judge.signing import chain
from judge.signing.canonical import digest as sha256
from judge.signing.chain import SignOff
from judge.signing.signoff import staleness
from shadow.config import Config
from shadow.store import Store

Decision = Literal["approve", "waive", "reject"]
_signing = threading.Lock()
_PAIR = """
SELECT workflow, fingerprint, examined_by IS NOT NULL AS textless,
    EXISTS (SELECT 1 FROM reviews WHERE review_id = $review_id) AS is_stored
FROM pairs WHERE pair_id = $pair_id AND occurred_at = $occurred_at LIMIT 1
"""
_REVIEW_TYPES: dict[str, Any] = {
    "occurred_at": pl.Datetime("us", "UTC"),
    "reviewed_at": pl.Datetime("us", "UTC"),
    "inclusion_probability": pl.Float64,
    "epoch": pl.String,
    "claim_id": pl.String,
}


def review(
    store: Store,
    actor: Actor,
    pair_id: str,
    occurred_at: datetime,
    outcome: Outcome,
    note: str,
    left_arm: Literal["production", "candidate"],
    submission: str,
) -> str:
    """Store a person's outcome on a pair, and return its id. The same `submission` (one form) is stored once.

    Why the plan offered the pair goes along, where it did: only then may the label count as one of a sample.
    Raises UserError when the actor may not review, has no name, the pair does not exist, or its texts are
    not kept.
    """
    require(actor, Role.REVIEWER, "label a pair")
    review_id = sha256("\x00".join((actor.name, pair_id, submission)))[:32]
    asked = {"pair_id": pair_id, "occurred_at": occurred_at, "review_id": review_id}
    pair = store.read(_PAIR, asked).to_dicts()
    if not pair:
        raise UserError(
            f"there is no pair {pair_id} of {occurred_at.isoformat()}; go back to the list and open another."
        )
    if pair[0].pop("textless"):
        raise UserError("the texts of this pair are not kept, so nobody can say who is right; label another.")
    if pair[0].pop("is_stored"):
        return review_id
    offer = claim_of(store, actor.name, pair_id)
    row: dict[str, Any] = {
        "review_id": review_id,
        "pair_id": pair_id,
        **pair[0],
        "occurred_at": occurred_at,
        "reviewer": actor.name,
        "authenticated": actor.authenticated,
        "session": actor.session,
        "outcome": str(outcome),
        "note": note.strip(),
        "left_arm": left_arm,
        "reviewed_at": datetime.now(UTC),
        "reason": str(offer.reason if offer else Reason.OWN),
        "inclusion_probability": offer and offer.inclusion_probability,
        "epoch": offer and offer.epoch,
        "claim_id": offer and offer.claim_id,
    }
    store.append("reviews", pl.DataFrame([row], schema_overrides=_REVIEW_TYPES))
    return review_id


def sign_off(
    store: Store,
    config: Config,
    actor: Actor,
    workflow: str,
    fingerprint: str,
    phase: Phase,
    decision: Decision,
    reason: str,
    as_of: datetime,
    digest: str,
) -> SignOff:
    """Sign a decision on the readiness that was read at `as_of` with `digest`, and return it as it stands in the chain.

    Raises UserError when the actor may not sign, the reason is blank, what they read is stale, a phase that is not
    ready would be approved, or one would be waived that is ready or whose workflow allows no waivers.
    """
    require(actor, Role.RELEASE_MANAGER, "sign a phase off")
    if not reason.strip():
        raise UserError("a sign-off needs a reason; write one sentence that a later reader will understand.")
    with _signing:
        now = datetime.now(UTC)
        seen = readiness_of(store, config, workflow, phase, as_of, fingerprint)
        current = readiness_of(store, config, workflow, phase, now, fingerprint)
        if stale := staleness(seen, current, digest):
            raise UserError(f"the readiness you saw is stale: {stale}; read it again.")
        if refusal := _refusal(decision, seen):
            raise UserError(refusal)
        return _append(store, actor, seen, decision, reason.strip(), now)


def _refusal(decision: Decision, seen: Readiness) -> str | None:
    """Why a decision does not go with what was read, or None."""
    ready = seen.state is State.READY
    if decision == "approve" and not ready:
        return f"{seen.sentence}. Only a ready phase can be approved; reject it, or gather what is missing."
    if decision == "waive" and ready:
        return f"{seen.sentence}, so there is nothing to waive; approve it."
    if decision == "waive" and not seen.policy.signoff.waivers:
        return (
            f"waivers are not allowed here; gather what is missing, or set workflows.{seen.workflow}.signoff.waivers = "
            "true, which every page and report will show."
        )
    return None


def _append(store: Store, actor: Actor, seen: Readiness, decision: Decision, reason: str, now: datetime) -> SignOff:
    """Put the decision at the end of the chain, then look whether it stands there."""
    rows = chain.links(store)
    stand = chain.standing(rows)[0]
    if len(stand) != len(list(chain.intact(rows))):
        raise UserError("the chain of sign-offs is broken, so nothing can be signed; run shadowjudge verify.")
    signed = SignOff(
        number=len(stand) + 1,
        signed_at=now,
        workflow=seen.workflow,
        fingerprint=seen.fingerprint,
        phase=seen.phase,
        decision=decision,
        actor=actor.name,
        authenticated=actor.authenticated,
        session=actor.session,
        reason=reason,
        as_of=seen.as_of,
        digest=seen.digest,
        readiness=msgspec.to_builtins(seen),
    )
    row = chain.link(signed, stand[-1].record_hash if stand else chain.GENESIS)
    chain.append(store, row)
    if row not in chain.standing(chain.links(store))[0]:
        raise UserError(
            "somebody else signed at the same moment, so your decision does not count; read again and sign."
        )
    return signed
