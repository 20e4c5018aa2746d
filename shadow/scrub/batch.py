"""Many interactions or answers at once: only those with a sign of something to mask are walked."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from connectors.interaction import Interaction
from connectors.types import Completion
from shadow.scrub.policy import MASKED, Policies, Policy
from shadow.scrub.signs import suspects
from shadow.scrub.walk import Scrubbed, pseudonymous, scrub, scrub_completion

T = TypeVar("T")
R = TypeVar("R")
NOTHING: Mapping[str, int] = {}
PLAIN: Policies = {}
FEW = 64
"""Fewer items than this are all walked: to begin a pass of the automaton costs as much as to walk so many."""
_encode = msgspec.json.Encoder().encode


def scrub_all(interactions: Sequence[Interaction], policies: Policies = PLAIN) -> list[Scrubbed | Exception]:
    """What `scrub` makes of each; an exception stands in the place of an interaction that cannot be scrubbed.

    `policies` are those of the workflows; an interaction of a workflow that is not there is masked.
    """
    return _each(
        interactions,
        [policies.get(one.workflow, MASKED) for one in interactions],
        lambda one: (one.request, one.response, one.tags, one.ground_truth),
        clean=lambda one, policy: Scrubbed(pseudonymous(one, policy), NOTHING),
        walk=scrub,
    )


def scrub_completions(
    answers: Sequence[Completion], policies: Sequence[Policy] | None = None
) -> list[tuple[Completion, Mapping[str, int]] | Exception]:
    """What `scrub_completion` makes of each; an exception stands in the place of an answer that cannot be scrubbed.

    `policies` has one for each answer; without it all are masked.
    """
    return _each(
        answers,
        [MASKED] * len(answers) if policies is None else policies,
        lambda answer: (answer.text, answer.refusal, answer.error, answer.tool_calls),
        clean=lambda answer, _: (answer, NOTHING),
        walk=scrub_completion,
    )


def _each(
    items: Sequence[T],
    policies: Sequence[Policy],
    texts: Callable[[T], Any],
    clean: Callable[[T, Policy], R],
    walk: Callable[[T, Policy], R],
) -> list[R | Exception]:
    suspected = [True] * len(items) if len(items) < FEW else _suspected([texts(item) for item in items])
    return [
        _tried(walk, item, policy) if suspect or policy.names else clean(item, policy)
        for item, policy, suspect in zip(items, policies, suspected, strict=True)
    ]


def _suspected(texts: Sequence[Any]) -> list[bool]:
    try:
        return suspects([_encode(each).decode() for each in texts])
    except (UnicodeError, RecursionError):  # one that has no JSON form: then all are walked
        return [True] * len(texts)


def _tried(walk: Callable[[T, Policy], R], item: T, policy: Policy) -> R | Exception:
    try:
        return walk(item, policy)
    except Exception as error:  # fail closed: what cannot be scrubbed is neither stored nor sent on
        return error
