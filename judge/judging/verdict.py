"""Ask the judge about a pair, in both orders, and make one verdict of its two replies."""

import hashlib
import secrets
from typing import get_args

import msgspec

from connectors.errors import RetryLater
from connectors.types import Completion, Model
from judge.judging.prompt import PROMPT, First, build
from judge.judging.reply import Reply, read
from judge.judging.rubric import Choice, Rubric
from judge.outcomes import Outcome, Severity
from shadow.types import Pair

_WORSE: dict[Severity | None, Outcome] = {
    Severity.MINOR: Outcome.WORSE_MINOR,
    Severity.MAJOR: Outcome.WORSE_MAJOR,
    Severity.CRITICAL: Outcome.WORSE_CRITICAL,
}


class Opinion(msgspec.Struct, frozen=True):
    """What the judge said in one order: the model's answer as it came, and what the parser made of it."""

    completion: Completion
    reply: Reply


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The judge's outcome on a pair. `order_flip`: the two orders contradict each other, so it is undecided.

    The opinions are None only where the judge could not be brought to reply; `error` then says why.
    """

    outcome: Outcome
    order_flip: bool = False
    production_first: Opinion | None = None
    candidate_first: Opinion | None = None
    error: str | None = None


def epoch(rubric: Rubric, fingerprint: str) -> str:
    """16 hex digits that change when the same pair may be judged otherwise: rubric, judge model or prompt."""
    return hashlib.sha256(msgspec.json.encode((rubric.hash, fingerprint, PROMPT))).hexdigest()[:16]


async def judge_pair(model: Model, rubric: Rubric, pair: Pair) -> Verdict:
    """The verdict on a pair, from two calls.

    A reply that the parser cannot use makes it undecided. Raises RetryLater when the judge gave no reply at all: that
    is a fault of the endpoint and says nothing about the pair, so it is no verdict.
    """
    if rubric.kind == "reference" and pair.ground_truth is None:
        return Verdict(outcome=Outcome.UNDECIDED, error="the pair has no ground truth to hold its answers against")
    opinions = {first: await _ask(model, rubric, pair, first) for first in get_args(First)}
    if rubric.compares:
        outcome, flip = combine(*(_outcome(rubric, first, opinion.reply) for first, opinion in opinions.items()))
    else:
        outcome, flip = _examined(rubric, [opinion.reply.choice for opinion in opinions.values()]), False
    return Verdict(
        outcome=outcome,
        order_flip=flip,
        production_first=opinions["production"],
        candidate_first=opinions["candidate"],
    )


def combine(one: Outcome, other: Outcome) -> tuple[Outcome, bool]:
    """The outcome of both orders, and whether they contradict each other.

    The same answer worse in both orders, by different severities, is no contradiction: the worse severity counts.
    """
    if Outcome.UNDECIDED in (one, other):
        return Outcome.UNDECIDED, False
    if one is other:
        return one, False
    worst_first = [Outcome.WORSE_CRITICAL, Outcome.WORSE_MAJOR, Outcome.WORSE_MINOR]
    if one in worst_first and other in worst_first:
        return min(one, other, key=worst_first.index), False
    return Outcome.UNDECIDED, True


def outcome_of(choice: Choice, first: First) -> Outcome:
    """What a choice means for the candidate when the answer of arm `first` was shown first."""
    match choice.worse:
        case "neither":
            return Outcome.EQUIVALENT
        case "both":
            return Outcome.BOTH_BAD
        case "first" | "second":
            candidate_is_worse = (choice.worse == "first") == (first == "candidate")
            return _WORSE[choice.severity] if candidate_is_worse else Outcome.CANDIDATE_BETTER
        case _:
            return Outcome.UNDECIDED


def of_examined(production: Choice, candidate: Choice) -> Outcome:
    """What the choices on both answers, each examined alone, mean for the candidate.

    A defect of the candidate counts by its severity where production's answer has a milder one or none. Both spoilt, by
    a major defect or worse, are `both_bad`.
    """
    if "unknown" in (production.worse, candidate.worse):
        return Outcome.UNDECIDED
    theirs, ours = candidate.severity, production.severity
    if theirs is None:
        return Outcome.EQUIVALENT if ours is None else Outcome.CANDIDATE_BETTER
    if ours is None or not ours.at_least(theirs):
        return _WORSE[theirs]
    if theirs.at_least(Severity.MAJOR):
        return Outcome.BOTH_BAD
    return Outcome.EQUIVALENT if ours is theirs else Outcome.CANDIDATE_BETTER


def _outcome(rubric: Rubric, first: First, reply: Reply) -> Outcome:
    return Outcome.UNDECIDED if reply.choice is None else outcome_of(rubric.choice(reply.choice), first)


def _examined(rubric: Rubric, choices: list[str | None]) -> Outcome:
    said = [rubric.choice(choice) for choice in choices if choice is not None]
    return of_examined(*said) if len(said) == len(choices) else Outcome.UNDECIDED


async def _ask(model: Model, rubric: Rubric, pair: Pair, first: First) -> Opinion:
    completion = await model.complete(build(rubric, pair, first, secrets.token_hex(8)))
    if completion.error is not None:
        raise RetryLater(completion.error)
    return Opinion(completion, read(completion.text, [choice.name for choice in rubric.choices]))
