"""Claims: who holds which pair, so that two reviewers do not label the same one at once. Append-only, with an end."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import polars as pl

from judge.outcomes import Stratum
from judge.sampling.reason import Reason
from shadow.store import Store

LEASE = timedelta(minutes=10)
GRACE = timedelta(hours=2)
"""A label that comes so much later than its claim ended still counts as offered."""
_TIME = pl.Datetime("us", "UTC")
_HELD = """
SELECT * FROM claims WHERE reviewer = $reviewer AND workflow = $workflow AND expires_at > $now
    AND claim_id NOT IN (SELECT claim_id FROM reviews WHERE workflow = $workflow AND claim_id IS NOT NULL)
ORDER BY claimed_at, claim_id
"""
_FIRST = """
SELECT claim_id FROM claims WHERE pair_id = $pair_id AND expires_at > $now
    AND claim_id NOT IN (SELECT claim_id FROM reviews WHERE pair_id = $pair_id AND claim_id IS NOT NULL)
ORDER BY claimed_at, claim_id LIMIT 1
"""
_OF = """
SELECT * FROM claims WHERE reviewer = $reviewer AND pair_id = $pair_id AND expires_at > $since
    AND claim_id NOT IN (SELECT claim_id FROM reviews WHERE pair_id = $pair_id AND claim_id IS NOT NULL)
ORDER BY claimed_at DESC LIMIT 1
"""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A pair that the plan put before a reviewer, why, and until when they hold it.

    `inclusion_probability` is the chance that a pair of its kind and stratum had to be offered by then.
    """

    claim_id: str
    pair_id: str
    workflow: str
    fingerprint: str
    occurred_at: datetime
    reviewer: str
    reason: Reason
    stratum: Stratum
    inclusion_probability: float
    epoch: str | None
    claimed_at: datetime
    expires_at: datetime


def held(store: Store, reviewer: str, workflow: str) -> list[Claim]:
    """The claims that a reviewer holds in a workflow and has not labelled yet, the oldest first."""
    found = store.read(_HELD, {"reviewer": reviewer, "workflow": workflow, "now": datetime.now(UTC)})
    return msgspec.convert(found.to_dicts(), list[Claim])


def claim_of(store: Store, reviewer: str, pair_id: str) -> Claim | None:
    """The offer that a label of this reviewer on a pair answers; None where they picked the pair themselves."""
    return _one(store, _OF, {"reviewer": reviewer, "pair_id": pair_id, "since": datetime.now(UTC) - GRACE})


def claim(store: Store, reviewer: str, offered: dict[str, Any]) -> Claim | None:
    """Hold a pair for a reviewer, LEASE long; None when somebody else was a moment faster."""
    now = datetime.now(UTC)
    made = Claim(claim_id=secrets.token_hex(16), reviewer=reviewer, claimed_at=now, expires_at=now + LEASE, **offered)
    row = msgspec.structs.asdict(made) | {"reason": str(made.reason), "stratum": str(made.stratum)}
    schema: dict[str, Any] = dict.fromkeys(("occurred_at", "claimed_at", "expires_at"), _TIME)
    store.append("claims", pl.DataFrame([row], schema_overrides=schema | {"epoch": pl.String}))
    first = store.read(_FIRST, {"pair_id": made.pair_id, "now": now}).item()
    return made if first == made.claim_id else None


def _one(store: Store, sql: str, params: dict[str, Any]) -> Claim | None:
    found = store.read(sql, params).to_dicts()
    return msgspec.convert(found[0], Claim) if found else None
