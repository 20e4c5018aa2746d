"""Many interactions or answers at once: only those with a sign of something to mask are walked."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from connectors.interaction import Interaction
from connectors.types import Completion
from shadow.scrub.signs import suspects
from shadow.scrub.walk import Scrubbed, pseudonymous, scrub, scrub_completion

T = TypeVar("T")
R = TypeVar("R")
NOTHING: Mapping[str, int] = {}
_encode = msgspec.json.Encoder().encode


def scrub_all(interactions: Sequence[Interaction]) -> list[Scrubbed | Exception]:
    """What `scrub` makes of each; an exception stands in the place of an interaction that cannot be scrubbed."""
    return _each(
        interactions,
        lambda one: (one.request, one.response, one.tags, one.ground_truth),
        clean=lambda one: Scrubbed(pseudonymous(one), NOTHING),
        walk=scrub,
    )


def scrub_completions(answers: Sequence[Completion]) -> list[tuple[Completion, Mapping[str, int]] | Exception]:
    """What `scrub_completion` makes of each; an exception stands in the place of an answer that cannot be scrubbed."""
    return _each(
        answers,
        lambda answer: (answer.text, answer.refusal, answer.error, answer.tool_calls),
        clean=lambda answer: (answer, NOTHING),
        walk=scrub_completion,
    )


def _each(
    items: Sequence[T], texts: Callable[[T], Any], clean: Callable[[T], R], walk: Callable[[T], R]
) -> list[R | Exception]:
    try:
        suspected = suspects([_encode(texts(item)).decode() for item in items])
    except (UnicodeError, RecursionError):  # one that has no JSON form: then all are walked
        suspected = [True] * len(items)
    return [_tried(walk, item) if suspect else clean(item) for item, suspect in zip(items, suspected, strict=True)]


def _tried(walk: Callable[[T], R], item: T) -> R | Exception:
    try:
        return walk(item)
    except Exception as error:  # fail closed: what cannot be scrubbed is neither stored nor sent on
        return error
