"""The judge's self-test: whoever cannot tell an easy pair reads nothing, and what it cost is in the ledger."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import RetryLater
from connectors.types import Completion, Request
from judge.judging.rubric import known_rubrics, load_rubric
from judge.judging.selftest import easy_pair
from judge.scoring.scorer import Scored, Scorer
from shadow.config import validate
from shadow.pairs import to_frame
from shadow.store import Store
from tests.store.test_scorer import Config, Recorded, config, pair, says, table

GOOD = '{"reason": "the other one is nonsense", "choice": "%s"}'


def tells(request: Request) -> Completion:
    """A judge that knows a plainly wrong answer, wherever it stands, and says "same" of all else."""
    nonsense = easy_pair(load_rubric("same_answer", ""), "triage").candidate.text
    first, _, rest = request.messages[1]["content"].partition("end of first answer")
    choice = "first_wrong" if str(nonsense) in first else "second_wrong" if str(nonsense) in rest else "same"
    return Completion(text=GOOD % choice, input_tokens=10, output_tokens=1)


def score(store: Store, judge: Recorded, rounds: int = 1, **settings: Any) -> Scored:
    models = {"small": says("x"), "arbiter": judge}
    models["small"].fingerprint = "small@1"
    scorer = Scorer(store, config(**settings), models, "t", 0.0, self_test=True)

    async def work() -> Scored:
        return [await scorer.score_once() for _ in range(rounds)][-1]

    return asyncio.run(work())


def test_a_judge_that_tells_right_from_wrong_begins(store: Store) -> None:
    store.append("pairs", to_frame([pair(0, candidate="access")]))
    judge = Recorded("arbiter", tells)
    assert (score(store, judge, rounds=3).waiting, judge.asked) == (0, 4), "two calls of the self-test, two of the pair"
    about = store.read("SELECT about_pair, count(*) AS n FROM judge_calls GROUP BY ALL ORDER BY ALL").rows()
    assert about == [(pair(0).pair_id, 2), ("self-test", 2)]


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (GOOD % "same", "it says equivalent"),
        (GOOD % "first_wrong", "that it is the worse one, and that it is the better one, with the order"),
        ("Purple!", "'Purple!', which is none of the choices"),
        ("", "'', which is none of the choices"),
    ],
)
def test_a_judge_that_talks_nonsense_reads_nothing(store: Store, said: str, heard: str) -> None:
    store.append("pairs", to_frame([pair(0)]))
    judge = says(said)
    done = score(store, judge, rounds=3)
    assert (done.judged, done.waiting, judge.asked) == (0, 1, 2)
    assert "the judge 'arbiter' reads nothing, since it failed its self-test" in done.notes[0]
    assert heard in done.notes[0]
    assert table(store, "verdicts").is_empty()
    assert score(store, judge, self_test=False).judged == 1


def test_how_long_the_queue_has_waited_is_known(store: Store) -> None:
    store.append("pairs", to_frame([pair(n) for n in range(3)]))
    models = {"small": says("x"), "arbiter": says("Purple!")}
    models["small"].fingerprint = "small@1"

    async def live() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(Scorer(store, config(), models, "t", 0.0, self_test=True).run(stop))
        while not table(store, "heartbeats", "oldest_waiting_s")["oldest_waiting_s"].drop_nulls().len():
            await asyncio.sleep(0.05)
        stop.set()
        await running

    asyncio.run(asyncio.wait_for(live(), 60))
    beats = table(store, "heartbeats", "oldest_waiting_s, detail").drop_nulls("oldest_waiting_s")
    assert beats["oldest_waiting_s"][0] > 0
    assert "failed its self-test" in beats["detail"][0]


def test_a_judge_that_is_away_is_tested_later(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.patience.FIRST_S", 0.01)
    monkeypatch.setattr("judge.scoring.queue.IDLE_S", 0.0)
    store.append("pairs", to_frame([pair(0)]))
    judge = Recorded("arbiter", tells)

    def away(request: Request) -> Completion:
        raise RetryLater("connection refused")

    judge.answer = away
    assert "gave no reply to its self-test: connection refused" in score(store, judge).notes[0]
    judge.answer = tells
    assert score(store, judge).waiting == 0


@pytest.mark.parametrize("name", known_rubrics())
def test_every_rubric_has_an_easy_pair(name: str) -> None:
    rubric = load_rubric(name, "")
    found = easy_pair(rubric, "w")
    assert found.production.text != found.candidate.text
    assert (rubric.kind == "reference") <= (found.ground_truth is not None)


def test_it_is_on_unless_switched_off(tmp_path: Path) -> None:
    settings = validate(Config, config().model_dump(), "t").workflows["triage"].judge
    assert settings is not None
    assert settings.self_test
