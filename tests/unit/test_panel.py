"""Several judges, one verdict: plurality, the flag J, and a strong judge in reserve; and when an epoch ends."""

import asyncio
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import RetryLater
from connectors.types import Completion, Request
from judge.checking.example import Example
from judge.judging.combine import combine, flagged, plurality, worst
from judge.judging.epoch import Epochs
from judge.judging.panel import Judge, Panel, ask
from judge.judging.rubric import load_rubric
from judge.outcomes import Outcome

RUBRIC = load_rubric("same_answer", "")
PAIR = Example(production="the old answer", candidate="the new answer").pair()
SAME, BETTER, BOTH, NONE = Outcome.EQUIVALENT, Outcome.CANDIDATE_BETTER, Outcome.BOTH_BAD, Outcome.UNDECIDED
MINOR, MAJOR, CRITICAL = Outcome.WORSE_MINOR, Outcome.WORSE_MAJOR, Outcome.WORSE_CRITICAL


class Says:
    """A judge whose choice is a function of whether production's answer stands first."""

    def __init__(self, name: str, choice: Callable[[bool], str], served: str | None = None) -> None:
        self.name, self.fingerprint, self.choice, self.served = name, f"{name}@1", choice, served or f"{name}-1"
        self.asked = 0

    async def complete(self, request: Request) -> Completion:
        self.asked += 1
        text = request.messages[1]["content"]
        choice = self.choice(text.index("the old answer") < text.index("the new answer"))
        return Completion(text=json.dumps({"reason": "so", "choice": choice}), model=self.served, input_tokens=10)

    async def probe(self) -> str:
        return self.name

    async def close(self) -> None:
        """Nothing to close."""


def same(_: bool) -> str:
    return "same"


def worse(production_first: bool) -> str:
    return "second_wrong" if production_first else "first_wrong"


def first_is_better(_: bool) -> str:
    return "second_wrong"


def panel(*choices: Callable[[bool], str], strong: Callable[[bool], str] | None = None) -> Panel:
    judges = [Judge(f"j{n}", Says(f"j{n}", choice)) for n, choice in enumerate(choices)]
    return Panel(judges, strong and Judge("strong", Says("strong", strong)))


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        ([SAME], SAME),
        ([SAME, SAME, MAJOR], SAME),
        ([SAME, MAJOR], NONE),
        ([SAME, MAJOR, BETTER], NONE),
        ([NONE, NONE, MAJOR], MAJOR),
        ([NONE, NONE], NONE),
        ([], NONE),
        ([MINOR, MAJOR, SAME], MAJOR),
        ([MINOR, MINOR, CRITICAL], MINOR),
        ([MINOR, CRITICAL, CRITICAL], CRITICAL),
        ([MINOR, CRITICAL], CRITICAL),
        ([BOTH, BOTH, MAJOR], BOTH),
        ([SAME, SAME, MAJOR, CRITICAL], NONE),
    ],
)
def test_plurality(votes: list[Outcome], outcome: Outcome) -> None:
    assert plurality(votes) is outcome
    assert plurality(votes[::-1]) is outcome


@given(st.lists(st.sampled_from(list(Outcome)), min_size=1, max_size=7))
def test_the_flag_is_at_least_as_bad_as_the_verdict_of_one_judge(outcomes: list[Outcome]) -> None:
    one, other = outcomes[0], outcomes[-1]
    order = [BETTER, SAME, NONE, MINOR, BOTH, MAJOR, CRITICAL]
    verdict, flip = combine(one, other)
    assert order.index(worst([one, other])) >= order.index(verdict) or verdict is NONE
    assert not (flip and verdict is not NONE)
    assert flagged([[one, other]]) is worst([one, other])


@pytest.mark.parametrize(
    ("choices", "strong", "outcome", "flag", "flip", "escalated", "asked"),
    [
        ([same], None, SAME, SAME, False, False, 2),
        ([worse], None, MAJOR, MAJOR, False, False, 2),
        # An order flip is undecided, and a flag: one order found a defect.
        ([first_is_better], None, NONE, MAJOR, True, False, 2),
        ([same, same, worse], None, SAME, SAME, False, False, 6),
        ([worse, first_is_better, same, worse], None, MAJOR, MAJOR, False, False, 8),
        ([same, worse], None, NONE, MAJOR, False, False, 4),
        ([same, worse, first_is_better], None, NONE, MAJOR, True, False, 6),
        ([same], worse, SAME, SAME, False, False, 2),
        ([same, same], worse, SAME, SAME, False, False, 4),
        ([same, worse], worse, MAJOR, MAJOR, False, True, 6),
        ([first_is_better], same, SAME, SAME, False, True, 4),
        ([same, worse], first_is_better, NONE, MAJOR, True, True, 6),
    ],
)
def test_who_is_asked_and_what_comes_of_it(
    choices: list[Callable[[bool], str]],
    strong: Callable[[bool], str] | None,
    outcome: Outcome,
    flag: Outcome,
    flip: bool,
    escalated: bool,
    asked: int,
) -> None:
    judges = panel(*choices, strong=strong)
    verdict = asyncio.run(ask(judges, RUBRIC, PAIR))
    assert (verdict.outcome, verdict.worst, verdict.order_flip, verdict.escalated) == (outcome, flag, flip, escalated)
    assert sum(each.model.asked for each in judges.everyone) == asked  # type: ignore[attr-defined]
    assert len(verdict.judgements) * 2 == asked
    assert verdict.deciding is not None
    assert verdict.deciding.judge == ("strong" if escalated else verdict.deciding.judge)


def test_a_judge_without_a_reply_leaves_the_pair_waiting() -> None:
    class Away(Says):
        async def complete(self, request: Request) -> Completion:
            raise RetryLater("connection refused")

    judges = Panel([Judge("a", Says("a", same)), Judge("b", Away("b", same))])
    with pytest.raises(RetryLater):
        asyncio.run(ask(judges, RUBRIC, PAIR))


def test_a_server_that_changes_the_model_between_the_orders_decides_nothing() -> None:
    class Changing(Says):
        async def complete(self, request: Request) -> Completion:
            self.served = f"a-{self.asked}"
            return await super().complete(request)

    verdict = asyncio.run(ask(Panel([Judge("a", Changing("a", same))]), RUBRIC, PAIR))
    assert (verdict.outcome, verdict.error) == (NONE, "the judge changed from a-0 to a-1 meanwhile")


def test_answers_are_examined_alone_and_only_beside_a_ground_truth() -> None:
    rubric = load_rubric("reference_answer", "")

    class Examines(Says):
        async def complete(self, request: Request) -> Completion:
            self.asked += 1
            text = request.messages[1]["content"]
            assert ("the old answer" in text) is not ("the new answer" in text)
            assert "the reference" in text
            choice = "agrees" if "the old answer" in text else "wrong"
            return Completion(text=json.dumps({"reason": "so", "choice": choice}))

    judge = Examines("a", same)
    known = Example(production="the old answer", candidate="the new answer", truth="the reference").pair()
    verdict = asyncio.run(ask(Panel([Judge("a", judge)]), rubric, known))
    assert (verdict.outcome, verdict.worst, verdict.order_flip) == (MAJOR, MAJOR, False)
    unknown = asyncio.run(ask(Panel([Judge("a", judge)]), rubric, PAIR))
    assert (unknown.outcome, judge.asked) == (NONE, 2)
    assert unknown.error == "the pair has no ground truth to hold its answers against"


def epochs(setup: str = "s") -> Epochs:
    return Epochs(setup, {"cheap": "cheap@1", "strong": "strong@1"})


def test_an_epoch_goes_on_while_nobody_contradicts_the_names_in_it() -> None:
    mine = epochs()
    assert mine.current == "", "before the first verdict none is of the present epoch"
    first = mine.of({"cheap": "c-1"}, ["cheap"])
    assert mine.of({"cheap": "c-1", "strong": "s-1"}, ["cheap"]) == first, (
        "the strong judge is heard for the first time"
    )
    assert mine.of({}, ["cheap"]) == first, "a server that names nothing contradicts nobody"
    changed = mine.of({"cheap": "c-2"}, ["cheap"])
    assert changed != first
    assert mine.of({"cheap": "c-2", "strong": "s-2"}, ["cheap"]) not in (first, changed)


def test_two_scorers_open_the_same_epoch() -> None:
    one, other = epochs(), epochs()
    assert one.of({"cheap": "c-1"}, ["cheap"]) == other.of({"cheap": "c-1", "strong": "s-1"}, ["cheap"])
    assert one.of({"cheap": "c-1"}, ["cheap"]) != epochs("t").of({"cheap": "c-1"}, ["cheap"])


def test_a_stored_epoch_goes_on_unless_a_model_file_was_exchanged() -> None:
    before, after = epochs(), epochs()
    epoch = before.of({"cheap": "c-1"}, ["cheap"])
    after.resume(epoch, before.seen)
    assert after.of({"cheap": "c-1"}, ["cheap"]) == epoch
    exchanged = Epochs("s", {"cheap": "cheap@2", "strong": "strong@1"})
    exchanged.resume(epoch, before.seen)
    assert exchanged.of({"cheap": "c-1"}, ["cheap"]) != epoch
