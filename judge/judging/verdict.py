"""Ask a judge about a pair: both orders, or both answers alone, and make one judgement of its two replies."""

import asyncio
import secrets

import msgspec

from connectors.errors import RetryLater
from connectors.types import Completion, Model
from judge.judging.combine import combine, of_examined, outcome_of
from judge.judging.prompt import First, build, material_of
from judge.judging.reply import Reply, read
from judge.judging.rubric import Rubric
from judge.outcomes import Outcome
from shadow.types import Pair

NO_REFERENCE = "the pair has no ground truth to hold its answers against"


class Opinion(msgspec.Struct, frozen=True):
    """What the judge said in one call: the model's answer as it came, what the parser made of it, and what that means.

    `outcome` is that of this order alone; None where a rubric examines single answers, of which none is an order.
    """

    completion: Completion
    reply: Reply
    outcome: Outcome | None = None


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What one judge says of a pair. `order_flip`: its two orders contradict each other, so it is undecided.

    `production_first` is the call that showed production's answer first, or alone. The opinions are None only where the
    judge could not be brought to reply, or was not asked; `error` then says why.
    """

    judge: str
    outcome: Outcome
    order_flip: bool = False
    production_first: Opinion | None = None
    candidate_first: Opinion | None = None
    error: str | None = None

    @property
    def served(self) -> str | None:
        """The model as its server named it; None where it named none or the judge did not reply."""
        named = {each.completion.model for each in (self.production_first, self.candidate_first) if each}
        return next((name for name in named if name), None)

    @property
    def readings(self) -> list[Outcome]:
        """The outcome of each order, else the one outcome of both answers together."""
        orders = [each.outcome for each in (self.production_first, self.candidate_first) if each and each.outcome]
        return orders or [self.outcome]


async def judge_pair(name: str, model: Model, rubric: Rubric, pair: Pair) -> Judgement:
    """The judgement of one judge on a pair, from two calls.

    A reply that the parser cannot use makes it undecided, and so does a server that changes the model between the two
    calls. Raises RetryLater when the judge gave no reply at all: that is a fault of the endpoint and says nothing about
    the pair.
    """
    if rubric.kind == "reference" and pair.ground_truth is None:
        return Judgement(judge=name, outcome=Outcome.UNDECIDED, error=NO_REFERENCE)
    production_first, candidate_first = await asyncio.gather(
        _ask(model, rubric, pair, "production"), _ask(model, rubric, pair, "candidate")
    )
    outcome, flip = _outcome(rubric, production_first, candidate_first)
    error = None
    models = [each.completion.model for each in (production_first, candidate_first)]
    if all(models) and models[0] != models[1]:
        outcome, flip, error = Outcome.UNDECIDED, False, f"the judge changed from {models[0]} to {models[1]} meanwhile"
    return Judgement(
        judge=name,
        outcome=outcome,
        order_flip=flip,
        production_first=production_first,
        candidate_first=candidate_first,
        error=error,
    )


def _outcome(rubric: Rubric, production_first: Opinion, candidate_first: Opinion) -> tuple[Outcome, bool]:
    if production_first.outcome is not None and candidate_first.outcome is not None:
        return combine(production_first.outcome, candidate_first.outcome)
    of_production, of_candidate = production_first.reply.choice, candidate_first.reply.choice
    if of_production is None or of_candidate is None:
        return Outcome.UNDECIDED, False
    return of_examined(rubric.choice(of_production), rubric.choice(of_candidate)), False


async def _ask(model: Model, rubric: Rubric, pair: Pair, first: First) -> Opinion:
    request = build(rubric, pair, first, secrets.token_hex(8))
    completion = await model.complete(request)
    if completion.error is not None:
        raise RetryLater(completion.error)
    reply = read(completion.text, [choice.name for choice in rubric.choices], material_of(request))
    if not rubric.compares:
        return Opinion(completion, reply)
    outcome = Outcome.UNDECIDED if reply.choice is None else outcome_of(rubric.choice(reply.choice), first)
    return Opinion(completion, reply, outcome)


async def ask_again(model: Model, rubric: Rubric, pair: Pair) -> Opinion:
    """What a judge says with production's answer first, asked once more; raises RetryLater when it gives no reply."""
    return await _ask(model, rubric, pair, "production")
