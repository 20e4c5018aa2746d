"""Several judges on one pair: the cheap ones first, the strong one only where these do not settle it."""

import asyncio
from collections.abc import Callable

import msgspec

from connectors.types import Model
from judge.judging.combine import agreed, flagged, plurality
from judge.judging.rubric import Rubric
from judge.judging.verdict import Judgement, judge_pair
from judge.outcomes import Outcome
from shadow.types import Pair


class Judge(msgspec.Struct, frozen=True):
    """A model that judges, under its name in the configuration."""

    name: str
    model: Model


class Panel(msgspec.Struct, frozen=True):
    """Who judges: `judges` are always asked, `escalate_to` only where they disagree or abstain."""

    judges: list[Judge]
    escalate_to: Judge | None = None

    @property
    def everyone(self) -> list[Judge]:
        return [*self.judges, self.escalate_to] if self.escalate_to else self.judges

    def through(self, model: Callable[[Judge], Model]) -> "Panel":
        """The same panel, each judge asked by way of another model."""
        judges = [Judge(each.name, model(each)) for each in self.everyone]
        strong = judges.pop() if self.escalate_to else None
        return Panel(judges, strong)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The one outcome of a pair, and what each judge that was asked said.

    `worst` is the flag J, the worst of both orders (see `combine.flagged`). `order_flip`: the verdict is undecided, and
    a judge that contradicted itself is why. `escalated`: the outcome is that of the strong judge alone.
    """

    outcome: Outcome
    worst: Outcome
    order_flip: bool = False
    escalated: bool = False
    judgements: list[Judgement] = []
    error: str | None = None

    @property
    def deciding(self) -> Judgement | None:
        """The judgement that stands for the verdict: the strong judge's, or the first that says the same."""
        if self.escalated and self.judgements:
            return self.judgements[-1]
        same = [each for each in self.judgements if each.outcome is self.outcome]
        return next(iter(same or self.judgements), None)

    @property
    def served(self) -> dict[str, str]:
        """The models as their servers named them, by judge."""
        return {each.judge: each.served for each in self.judgements if each.served}


def no_verdict(error: str) -> Verdict:
    """Undecided, with the reason why no judge replied."""
    return Verdict(outcome=Outcome.UNDECIDED, worst=Outcome.UNDECIDED, error=error)


async def ask(panel: Panel, rubric: Rubric, pair: Pair) -> Verdict:
    """The verdict of a panel on a pair.

    Each judge reads the pair in both orders; one that contradicts itself abstains. The plurality of the rest decides, a
    tie is undecided. With a strong judge in reserve, its word decides wherever the first ones do not all say the same.
    Raises RetryLater when a judge that is needed gave no reply.
    """
    first = await asyncio.gather(*(judge_pair(each.name, each.model, rubric, pair) for each in panel.judges))
    votes = [each.outcome for each in first]
    strong = panel.escalate_to
    if strong is None or agreed(votes):
        return of_judgements(first)
    last = await judge_pair(strong.name, strong.model, rubric, pair)
    return of_judgements([*first, last], escalated=True)


def of_judgements(judgements: list[Judgement], escalated: bool = False) -> Verdict:
    """One verdict of what the judges said; `escalated`: the last one is the strong judge, and decides alone."""
    deciding = judgements[-1:] if escalated else judgements
    outcome = plurality([each.outcome for each in deciding])
    return Verdict(
        outcome=outcome,
        worst=flagged([each.readings for each in deciding]),
        order_flip=outcome is Outcome.UNDECIDED and any(each.order_flip for each in deciding),
        escalated=escalated,
        judgements=judgements,
        error=next((each.error for each in deciding if each.error), None) if outcome is Outcome.UNDECIDED else None,
    )
