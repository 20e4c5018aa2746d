"""Pairs whose texts are let go: examined first, then stored without what anybody said. Pure."""

from collections.abc import Callable

import msgspec

from connectors.types import Completion, Request
from shadow.types import Examined, Pair

Examine = Callable[[Pair], Examined]
"""What is asked about a pair, once, while its texts are there; its findings must quote none of them."""
FAILED = "the call failed; its message is not kept"


def without_texts(pair: Pair, examined: Examined) -> Pair:
    """The pair as it is stored: ids, times, counts, tags and findings; no request, no answer, no ground truth."""
    return msgspec.structs.replace(
        pair,
        request=Request(messages=[]),
        production=_without_text(pair.production),
        candidate=_without_text(pair.candidate),
        ground_truth=None,
        examined=examined,
    )


def _without_text(answer: Completion) -> Completion:
    error = None if answer.error is None else FAILED
    return msgspec.structs.replace(answer, text=None, refusal=None, tool_calls=[], error=error)
