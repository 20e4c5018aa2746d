"""The pair: an interaction, and what the candidate answered to the same request."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from connectors.types import Completion, Origin, Request


class Examined(msgspec.Struct, frozen=True):
    """What checks found of a pair whose texts are not kept: by which set of checks, and what, as JSON of theirs."""

    by: str
    found: str


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """What production and the candidate said to one request, scrubbed.

    `fingerprint` names the candidate, `candidate` is its answer. `inclusion_probability` is the chance, 0..1, that
    this interaction was chosen for mirroring. `scrubbed` counts what was masked, by kind. Where `examined` is given the
    texts are not kept. A reference to a pair is (pair_id, occurred_at).
    """

    pair_id: str
    workflow: str
    fingerprint: str
    request_id: str
    occurred_at: datetime
    mirrored_at: datetime
    origin: Origin
    request: Request
    production: Completion
    candidate: Completion
    inclusion_probability: float = 1.0
    scrub_version: str
    scrubbed: dict[str, int] = {}
    tags: dict[str, str] = {}
    trace_id: str | None = None
    span_id: str | None = None
    subject_key: str | None = None
    ground_truth: Any = None
    examined: Examined | None = None


def pair_id(origin: Origin, fingerprint: str) -> str:
    """The same for the same record and candidate, whoever computes it: 32 hex digits."""
    return pair_ids([origin], fingerprint)[0]


def pair_ids(origins: Iterable[Origin], fingerprint: str) -> list[str]:
    """`pair_id` of each."""
    end = f"\x00{fingerprint}"
    return [
        hashlib.blake2b(f"{at.topic}\x00{at.partition}\x00{at.offset}{end}".encode(), digest_size=16).hexdigest()
        for at in origins
    ]
