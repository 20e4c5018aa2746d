"""A small pair for the examples that every check carries: one that passes and one that fails."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from connectors.types import Completion, Origin, Request
from shadow.types import Pair


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """Two answers, and what else a check may look at; `settings` are the check's own keys."""

    production: str = ""
    candidate: str
    truth: Any = None
    settings: dict[str, Any] = {}
    response_format: dict[str, Any] | None = None
    latency_ms: float | None = None

    def pair(self) -> Pair:
        """The example as a pair, the same on every call."""
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        return Pair(
            pair_id="example",
            workflow="example",
            fingerprint="example@0",
            request_id="example",
            occurred_at=moment,
            mirrored_at=moment,
            origin=Origin("example", 0, 0),
            request=Request([{"role": "user", "content": "example"}], response_format=self.response_format),
            production=Completion(text=self.production),
            candidate=Completion(text=self.candidate, latency_ms=self.latency_ms),
            scrub_version="none",
            ground_truth=self.truth,
        )
