"""The scorer on a real store: checks, sampling, repeats, crashes, and what stands in the judge's way."""

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import polars as pl
import pytest

from connectors.errors import RetryLater, UserError
from connectors.types import Completion, Origin, Request
from judge.scoring.scorer import Scorer
from shadow.config import Config, validate
from shadow.pairs import to_frame
from shadow.sampling import share_of
from shadow.store import Store, open_store
from shadow.types import Pair, pair_id

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
SAME = '{"reason": "alike", "choice": "same"}'


class Recorded:
    """A model whose answers are a function of the request."""

    def __init__(self, name: str, answer: Callable[[Request], Completion]) -> None:
        self.name, self.fingerprint, self.answer = name, f"{name}@1", answer
        self.asked = 0

    async def complete(self, request: Request) -> Completion:
        self.asked += 1
        await asyncio.sleep(0)
        return self.answer(request)

    async def probe(self) -> str:
        return self.name

    async def close(self) -> None:
        """Nothing to close."""


class Patient(Recorded):
    """The same, whose answers may wait for something."""

    async def complete(self, request: Request) -> Completion:
        return await asyncio.to_thread(self.answer, request)


def says(text: str) -> Recorded:
    return Recorded("arbiter", lambda _: Completion(text=text, model="arbiter-7", input_tokens=10, latency_ms=5.0))


def config(**judge: Any) -> Config:
    plan = {"share_of_agreements": 1.0, "share_of_settled": 1.0, **judge}
    raw = {
        "source": {"kind": "file"},
        "models": {
            "small": {"kind": "openai", "model": "small-1b"},
            "arbiter": {"kind": "openai", "model": "arbiter-7"},
        },
        "workflows": {
            "triage": {
                "candidates": ["small"],
                "checks": [
                    {"check": "label_in_set", "labels": ["billing", "access"]},
                    {"check": "label_agreement"},
                ],
                "judge": {"model": "arbiter", **plan},
            }
        },
    }
    return validate(Config, raw, "test.toml")


def pair(n: int, production: str = "billing", candidate: str = "billing", **changes: Any) -> Pair:
    origin = Origin("t", 0, n)
    return Pair(
        **{
            "pair_id": pair_id(origin, "small@1"),
            "workflow": "triage",
            "fingerprint": "small@1",
            "request_id": f"r{n}",
            "occurred_at": START + timedelta(seconds=n),
            "mirrored_at": START + timedelta(seconds=n),
            "origin": origin,
            "request": Request([{"role": "user", "content": f"Ticket {n}"}]),
            "production": Completion(text=production, model="large-1"),
            "candidate": Completion(text=candidate),
            "scrub_version": "1",
            **changes,
        }
    )


def scorer(store: Store, judge: Recorded, settings: Config | None = None, retry_s: float = 0.0) -> Scorer:
    models = {"small": says(SAME), "arbiter": judge}
    models["small"].fingerprint = "small@1"
    return Scorer(store, settings or config(), models, "test.toml", retry_s)


def table(store: Store, name: str, columns: str = "*") -> pl.DataFrame:
    return store.read(f"SELECT {columns} FROM {name} ORDER BY ALL")


def test_every_pair_is_checked_and_judged_once(store: Store) -> None:
    store.append("pairs", to_frame([pair(0), pair(1, candidate="access"), pair(2, candidate="no idea")]))
    judge = says(SAME)
    first = asyncio.run(scorer(store, judge).score_once())
    assert (first.checked, first.judged, first.waiting, first.notes) == (3, 3, 0, [])
    assert asyncio.run(scorer(store, judge).score_once()).checked == 0
    assert judge.asked == 5, "both orders of three pairs, and none again; two equal answers have one order"
    rows = table(store, "checked", "occurred_at, stratum, outcome, severity, failed, draw, pair_id").rows()
    assert [row[1:5] for row in rows] == [
        ("agree", None, None, []),
        ("disagree", None, None, ["label_agreement"]),
        ("settled", "worse_major", "major", ["label_in_set", "label_agreement"]),
    ]
    assert [row[5] for row in rows] == [share_of(row[6], "judge") for row in rows]
    assert table(store, "check_results", "check_name, status, detail").rows() == [
        ("label_agreement", "FAIL", "production and candidate differ: 'billing' against 'access'"),
        ("label_agreement", "FAIL", "production and candidate differ: 'billing' against 'no idea'"),
        ("label_in_set", "FAIL", "candidate gave 'no idea', which is not in labels"),
    ]
    verdict = table(store, "verdicts", "outcome, order_flip, judge_model, input_tokens, latency_ms, rubric").unique()
    assert verdict.rows() == [("equivalent", False, "arbiter-7", 20, 10.0, "same_answer")]


def test_a_scorer_that_dies_between_its_two_writes_repeats_both(store: Store) -> None:
    store.append("pairs", to_frame([pair(0, candidate="access")]))

    class Dying:
        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def append(self, name: str, frame: pl.DataFrame) -> int:
            if name == "checked":
                raise RetryLater("the power went")
            return store.append(name, frame)

    with pytest.raises(RetryLater):
        asyncio.run(scorer(Dying(), says(SAME)).check())  # type: ignore[arg-type]
    assert table(store, "checked").is_empty(), "a pair is not checked before its results are stored"
    assert asyncio.run(scorer(store, says(SAME)).check()) == 1
    assert table(store, "checked").height == 1
    assert table(store, "check_results", "DISTINCT pair_id, check_name").height == 1


def test_other_checks_mean_that_every_pair_is_checked_again(store: Store) -> None:
    store.append("pairs", to_frame([pair(0), pair(1)]))
    assert asyncio.run(scorer(store, says(SAME)).check()) == 2
    raw = config().model_dump()
    raw["workflows"]["triage"]["checks"][1]["severity"] = "critical"
    assert asyncio.run(scorer(store, says(SAME), validate(Config, raw, "t")).check()) == 2
    assert table(store, "checked", "DISTINCT checks_version").height == 2


def test_a_repeated_pair_is_scored_once(store: Store) -> None:
    store.append("pairs", to_frame([pair(0)]))
    store.append("pairs", to_frame([pair(0)]))
    done = asyncio.run(scorer(store, says(SAME)).score_once())
    assert (done.checked, done.judged) == (1, 1)


def test_the_plan_samples_by_stratum_and_says_the_chance(store: Store) -> None:
    pairs = [pair(n, candidate="billing" if n % 2 else "access") for n in range(400)]
    store.append("pairs", to_frame(pairs))
    settings = config(share_of_agreements=0.25, share_of_disagreements=0.5, share_of_settled=0.0)
    asyncio.run(scorer(store, says(SAME), settings).score_once())
    chosen = {row[0]: row[1:] for row in table(store, "verdicts", "pair_id, stratum, inclusion_probability").rows()}
    draws = {each.pair_id: share_of(each.pair_id, "judge") for each in pairs}
    expected = {
        each.pair_id: ("agree" if index % 2 else "disagree", max(draws[each.pair_id], 1 / 200))
        for index, each in enumerate(pairs)
        if draws[each.pair_id] < (0.25 if index % 2 else 0.5)
    }
    assert chosen == expected
    assert 100 < len(chosen) < 200


def test_a_slow_judge_has_read_a_random_part_of_both_strata(store: Store) -> None:
    pairs = [pair(n, candidate="billing" if n < 150 else "access") for n in range(200)]
    store.append("pairs", to_frame(pairs))
    asked: list[int] = []

    def answer(request: Request) -> Completion:
        asked.append(int(request.messages[1]["content"].split("Ticket ")[1].split("\n")[0]))
        return Completion(text=SAME)

    asyncio.run(scorer(store, Recorded("arbiter", answer), config(in_flight=2)).score_once())
    first = list(dict.fromkeys(asked))
    assert len(first) == 200
    for stratum in (range(150), range(150, 200)):
        turns = sorted(stratum, key=lambda n: share_of(pairs[n].pair_id, "judge"))
        order = [n for n in first if n in stratum]
        assert all(abs(turns.index(n) - place) < 4 for place, n in enumerate(order)), "only what is under way overtakes"
    assert {n >= 150 for n in first[:20]} == {True, False}, "both strata advance"


def test_an_endpoint_that_is_down_leaves_pairs_waiting(store: Store) -> None:
    store.append("pairs", to_frame([pair(n) for n in range(3)]))
    down = Recorded("arbiter", lambda _: Completion(error="connection refused"))
    work = scorer(store, down)

    async def rounds() -> Any:
        return [await work.score_once() for _ in range(6)][-1]

    done = asyncio.run(rounds())
    assert (done.judged, done.waiting) == (0, 3)
    assert done.notes == ["triage: the judge gave no reply: connection refused."]
    assert table(store, "verdicts").is_empty()
    down.answer = lambda _: Completion(text=SAME)
    assert asyncio.run(scorer(store, down).score_once()).judged == 3


def test_a_pair_that_the_judge_cannot_take_is_given_up_as_undecided(store: Store) -> None:
    store.append("pairs", to_frame([pair(n) for n in range(40)]))

    def answer(request: Request) -> Completion:
        too_long = "Ticket 7\n" in request.messages[1]["content"]
        return Completion(error="the prompt is too long") if too_long else Completion(text=SAME)

    work = scorer(store, Recorded("arbiter", answer))

    async def rounds() -> Any:
        for start in (40, 50, 60, 70):
            await work.score_once()
            store.append("pairs", to_frame([pair(n) for n in range(start, start + 10)]))
        return await work.score_once()

    done = asyncio.run(rounds())
    assert (done.waiting, done.notes) == (0, [])
    rows = table(store, "verdicts", "outcome, error, choice_production_first").rows()
    assert rows.count(("equivalent", None, "same")) == 79
    assert rows.count(("undecided", "the prompt is too long", None)) == 1


def test_verdicts_whose_append_is_under_way_at_the_end_are_stored_once(store: Store) -> None:
    """The append begins with the first verdicts, and the last answer comes while it is under way."""
    store.append("pairs", to_frame([pair(n) for n in range(20)]))
    began = threading.Event()

    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def append(self, table: str, frame: pl.DataFrame) -> int:
            if table == "verdicts":
                began.set()
                time.sleep(0.5)
            return store.append(table, frame)

    def answer(request: Request) -> Completion:
        if "Ticket 7\n" in request.messages[1]["content"]:
            began.wait(20)
        return Completion(text=SAME)

    work = scorer(cast(Store, Slow()), Patient("arbiter", answer))
    assert asyncio.run(work.score_once()).judged == 20
    assert table(store, "verdicts").height == 20


def test_a_pair_that_cannot_be_asked_about_is_undecided_and_stops_nothing(store: Store) -> None:
    store.append("pairs", to_frame([pair(n) for n in range(3)]))

    def answer(request: Request) -> Completion:
        if "Ticket 1" in request.messages[1]["content"]:
            raise AttributeError("'str' object has no attribute 'get'")
        return Completion(text=SAME)

    done = asyncio.run(scorer(store, Recorded("arbiter", answer)).score_once())
    assert (done.judged, done.waiting, done.notes) == (3, 0, [])
    rows = table(store, "verdicts", "outcome, error").rows()
    assert rows.count(("undecided", "the pair could not be put to the judge: AttributeError")) == 1
    assert rows.count(("equivalent", None)) == 2


def test_a_tool_of_any_form_is_judged(store: Store) -> None:
    odd = Request([{"role": "user", "content": "x"}], tools=[{"type": "function", "function": "lookup"}])
    store.append("pairs", to_frame([pair(0, request=odd)]))
    asyncio.run(scorer(store, says(SAME)).score_once())
    assert table(store, "verdicts", "outcome, error").rows() == [("equivalent", None)]


def test_production_s_own_model_is_refused_as_judge(store: Store) -> None:
    store.append("pairs", to_frame([pair(0, production="access")]))
    mine = Completion(text="access", model="openai/Arbiter-7-2026-01-31")
    store.append("pairs", to_frame([msgspec.structs.replace(pair(1), production=mine)]))
    judge = says(SAME)
    done = asyncio.run(scorer(store, judge).score_once())
    assert (done.checked, done.judged, done.waiting, judge.asked) == (2, 0, 2, 0)
    assert (
        "the judge 'arbiter' (arbiter-7) is the same model as production's 'openai/Arbiter-7-2026-01-31'"
        in done.notes[0]
    )
    assert asyncio.run(scorer(store, judge, config(accept_arm_as_judge=True)).score_once()).judged == 2


def test_the_candidate_is_refused_as_judge(store: Store) -> None:
    raw = config().model_dump()
    raw["models"]["arbiter"]["model"] = "vendor/small-1b"
    for changed in (config(model="small"), validate(Config, raw, "t")):
        with pytest.raises(UserError, match="is the same model as the candidate 'small', and would judge its own kind"):
            scorer(store, says(SAME), changed)


def test_it_works_on_a_store_that_another_process_owns(store: Store, tmp_path: Path) -> None:
    store.append("pairs", to_frame([pair(0), pair(1, candidate="it's $workflow")]))
    attached = open_store(f"duckdb:{tmp_path}/s.duckdb")
    try:
        done = asyncio.run(scorer(attached, says(SAME)).score_once())
    finally:
        attached.close()
    assert (done.checked, done.judged, done.waiting) == (2, 2, 0)
    assert table(store, "verdicts").height == 2


def test_it_runs_until_it_is_stopped(store: Store) -> None:
    store.append("pairs", to_frame([pair(n) for n in range(30)]))
    judge = says(SAME)

    async def live() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(scorer(store, judge).run(stop))
        while table(store, "verdicts").height < 30:
            await asyncio.sleep(0.02)
        store.append("pairs", to_frame([pair(99)]))
        while table(store, "verdicts").height < 31:
            await asyncio.sleep(0.02)
        stop.set()
        await running

    asyncio.run(asyncio.wait_for(live(), 60))
    beats = store.read("SELECT state, component FROM heartbeats ORDER BY beat_at").rows()
    assert beats[0] == ("running", "scorer")
    assert beats[-1] == ("stopped", "scorer")


def test_a_stop_waits_a_little_for_the_judge_and_keeps_what_it_said(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("judge.scoring.queue.FAREWELL_S", 0.2)
    store.append("pairs", to_frame([pair(n, candidate="access") for n in range(4)]))

    class Slow(Recorded):
        async def complete(self, request: Request) -> Completion:
            answer = await super().complete(request)
            if "Ticket 3" in str(request.messages):
                await asyncio.sleep(3600)
            return answer

    judge = Slow("arbiter", says(SAME).answer)

    async def live() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(scorer(store, judge).run(stop))
        while judge.asked < 7:
            await asyncio.sleep(0.02)
        stop.set()
        await running

    asyncio.run(asyncio.wait_for(live(), 60))
    assert set(table(store, "verdicts")["pair_id"]) == {pair(n).pair_id for n in range(3)}


def test_the_pace_holds_the_judge_back_and_not_the_checks(store: Store) -> None:
    store.append("pairs", to_frame([pair(n) for n in range(20)]))

    async def live() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(scorer(store, says(SAME), config(max_pairs_per_minute=1)).run(stop))
        while table(store, "checked").height < 20 or table(store, "verdicts").height < 1:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        stop.set()
        await running

    asyncio.run(asyncio.wait_for(live(), 60))
    assert table(store, "verdicts").height == 1
