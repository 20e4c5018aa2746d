"""A small pair for the examples that every check carries: one that passes and one that fails."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from connectors.types import Completion, Origin, Request, ToolCall
from shadow.types import Pair


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """Two answers, and what else a check may look at; `settings` are the check's own keys.

    `answer` holds further fields of the candidate's Completion, such as its latency. `note` says what the example
    shows, for the documentation.
    """

    production: str = ""
    candidate: str = ""
    truth: Any = None
    settings: dict[str, Any] = {}
    prompt: str = "example"
    response_format: dict[str, Any] | None = None
    tools: list[dict[str, Any]] | None = None
    production_calls: list[ToolCall] = []
    candidate_calls: list[ToolCall] = []
    answer: dict[str, Any] = {}
    note: str = ""

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
            request=Request(
                [{"role": "user", "content": self.prompt}], tools=self.tools, response_format=self.response_format
            ),
            production=Completion(text=self.production, tool_calls=self.production_calls),
            candidate=Completion(text=self.candidate, tool_calls=self.candidate_calls, **self.answer),
            scrub_version="none",
            ground_truth=self.truth,
        )
