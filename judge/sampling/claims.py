"""Claims: who holds which pair, so that two reviewers do not label the same one at once. Append-only, with an end."""

import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
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
SELECT arg_min(claim_id, (claimed_at, claim_id)) AS claim_id FROM claims
WHERE list_contains($pair_ids, pair_id) AND expires_at > $now AND claim_id NOT IN (
    SELECT claim_id FROM reviews WHERE list_contains($pair_ids, pair_id) AND claim_id IS NOT NULL
)
GROUP BY pair_id
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


def claim(store: Store, reviewer: str, offered: Sequence[dict[str, Any]]) -> list[Claim]:
    """Hold pairs for a reviewer, LEASE long; those of which somebody else was a moment faster are left out."""
    if not offered:
        return []
    now = datetime.now(UTC)
    made = [
        Claim(claim_id=secrets.token_hex(16), reviewer=reviewer, claimed_at=at, expires_at=at + LEASE, **each)
        for each, at in zip(offered, _in_order(now), strict=False)
    ]
    rows = [msgspec.structs.asdict(each) | {"reason": str(each.reason), "stratum": str(each.stratum)} for each in made]
    schema: dict[str, Any] = dict.fromkeys(("occurred_at", "claimed_at", "expires_at"), _TIME)
    store.append("claims", pl.DataFrame(rows, schema_overrides=schema | {"epoch": pl.String}))
    first = set(store.read(_FIRST, {"pair_ids": [each.pair_id for each in made], "now": now})["claim_id"])
    return [each for each in made if each.claim_id in first]


def _in_order(now: datetime) -> Iterator[datetime]:
    """A time for each claim, so that they are found again in the order in which they were made."""
    return (now + timedelta(microseconds=n) for n in count())


def _one(store: Store, sql: str, params: dict[str, Any]) -> Claim | None:
    found = store.read(sql, params).to_dicts()
    return msgspec.convert(found[0], Claim) if found else None
