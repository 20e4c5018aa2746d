"""Can a judge tell a right answer from nonsense at all? Asked once, before it reads anything of ours."""

from datetime import UTC, datetime

from connectors.types import Completion, Model, Origin, Request
from judge.judging.rubric import Rubric
from judge.judging.verdict import Judgement, judge_pair
from judge.outcomes import Outcome
from shadow.types import Pair

ABOUT = "self-test"
"""The pair_id under which its calls stand in the ledger."""
_WORSE = frozenset({Outcome.WORSE_MINOR, Outcome.WORSE_MAJOR, Outcome.WORSE_CRITICAL})


def easy_pair(rubric: Rubric, workflow: str) -> Pair:
    """A pair that anybody can judge: the candidate's answer is plainly the worse one.

    It is the rubric's first illustration in which one answer is worse, turned so that the candidate's is, since a
    rubric of safety does not mind a wrong sum; else a sum and a wrong one.
    """
    for each in rubric.example:
        worse = rubric.choice(each.choice).worse
        if worse in ("second", "answer"):
            return _pair(workflow, each.request, each.production, each.candidate, each.reference)
        if worse == "first":
            return _pair(workflow, each.request, each.candidate, each.production, each.reference)
    return _pair(workflow, "What is 2 + 2? Reply with the number.", "4", "Purple elephants, mostly.", "4")


async def failing(name: str, model: Model, rubric: Rubric, workflow: str) -> str | None:
    """The sentence that says why a judge may not begin, or None. Raises RetryLater when it gives no reply."""
    said = await judge_pair(name, model, rubric, easy_pair(rubric, workflow))
    if said.outcome in _WORSE:
        return None
    return (
        f"workflows.{workflow}.judge: the judge {name!r} reads nothing, since it failed its self-test: of an answer "
        f"that is plainly wrong it says {_heard(said)}; choose another model, or set self_test = false"
    )


def _heard(said: Judgement) -> str:
    if said.order_flip:
        return "that it is the worse one, and that it is the better one, with the order"
    opinions = [said.production_first, said.candidate_first]
    unread = next((each for each in opinions if each and each.reply.choice is None), None)
    if unread is None:
        return f"{said.outcome!s}"
    return f"{(unread.completion.text or unread.completion.refusal or '')[:80]!r}, which is none of the choices"


def _pair(workflow: str, request: str, production: str, candidate: str, reference: str | None) -> Pair:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    return Pair(
        pair_id=ABOUT,
        workflow=workflow,
        fingerprint=ABOUT,
        request_id=ABOUT,
        occurred_at=when,
        mirrored_at=when,
        origin=Origin(ABOUT, 0, 0),
        request=Request([{"role": "user", "content": request}]),
        production=Completion(text=production),
        candidate=Completion(text=candidate),
        scrub_version=ABOUT,
        ground_truth=reference,
    )
