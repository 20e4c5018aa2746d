"""The till on a real store: entered before it is spent, capped, never paid for twice, and open when it was cut off."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from connectors.errors import RetryLater
from connectors.types import Completion, Request
from judge.checking.example import Example
from judge.judging.prompt import build
from judge.judging.rubric import load_rubric
from judge.money.budget import Budget, CapReached
from judge.money.entry import BYTES_A_TOKEN, most_tokens
from judge.money.replies import question_of
from judge.money.till import Priced, Till
from shadow.config import Prices
from shadow.store import Store

RUBRIC = load_rubric("same_answer", "")
PRICES = Prices(input=1.0, output=10.0, cached=0.1)
NOW = datetime(2026, 11, 24, 23, 59, tzinfo=UTC)


class Asked:
    """A judge whose answers are a function of how often it was asked."""

    def __init__(self, answer: Callable[[int], Completion]) -> None:
        self.name, self.fingerprint, self.answer, self.asked = "arbiter", "arbiter@1", answer, 0

    async def complete(self, request: Request) -> Completion:
        self.asked += 1
        await asyncio.sleep(0.01)
        return self.answer(self.asked)

    async def probe(self) -> str:
        return self.name

    async def close(self) -> None:
        """Nothing to close."""


def says(text: str = "ok") -> Asked:
    return Asked(lambda n: Completion(text=text, input_tokens=1000, output_tokens=100, cached_tokens=400))


def request(n: int = 0, boundary: str = "0123456789abcdef") -> Request:
    return build(RUBRIC, Example(production="the answer", candidate=f"answer {n}").pair(), "production", boundary)


def till(store: Store, cap: float | None = None) -> Till:
    return Till(store, {"triage": cap}, ["arbiter@1"])


def calls(store: Store, columns: str) -> list[tuple[object, ...]]:
    return store.read(f"SELECT {columns} FROM judge_calls ORDER BY reserved_at, result").rows()


async def ask(desk: Till, model: Asked, n: int = 0, prices: Prices | None = PRICES) -> Completion:
    return await desk.ask(Priced(model, prices, 4), request(n), "triage", f"p{n}")


def test_a_call_is_reserved_at_its_most_and_settled_at_what_it_cost(store: Store) -> None:
    asyncio.run(ask(till(store), says()))
    entries = store.read("SELECT entry, usd, input_tokens, output_tokens, about_pair FROM ledger ORDER BY entry").rows()
    most = most_tokens(request())
    assert entries == [
        ("reserved", pytest.approx((most.input * 1 + most.output * 10) / 1e6), most.input, most.output, "p0"),
        ("settled", pytest.approx((600 * 1 + 400 * 0.1 + 100 * 10) / 1e6), 1000, 100, "p0"),
    ]
    assert calls(store, "result, about_pair, cached_tokens") == [("answered", "p0", 400)]


def test_the_same_question_is_paid_for_once_whoever_asks_and_whenever(store: Store) -> None:
    model = says("first")

    async def many() -> list[Completion]:
        desk = till(store)
        return await asyncio.gather(*(ask(desk, model) for _ in range(5)))

    assert {each.text for each in asyncio.run(many())} == {"first"}
    assert asyncio.run(ask(till(store), model)).text == "first", "another process, from the store"
    assert model.asked == 1
    assert [row[0] for row in calls(store, "result")].count("cached") == 5
    assert sum(row[0] for row in calls(store, "usd")) == pytest.approx(1640 / 1e6)  # type: ignore[misc]


def test_who_asks_for_a_fresh_reply_gets_one(store: Store) -> None:
    model = Asked(lambda n: Completion(text=str(n)))

    async def work() -> list[str | None]:
        desk, priced = till(store), Priced(model, None, 4)
        return [(await desk.ask(priced, request(), "triage", "p", fresh)).text for fresh in (False, True, False)]

    assert asyncio.run(work()) == ["1", "2", "2"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (request(boundary="0" * 16), request(boundary="f" * 16), True),
        (request(0), request(1), False),
    ],
)
def test_the_boundary_alone_makes_no_other_question(one: Request, other: Request, same: bool) -> None:
    assert (question_of("arbiter@1", one) == question_of("arbiter@1", other)) is same
    assert question_of("arbiter@1", one) != question_of("arbiter@2", one)


def test_the_order_and_the_rubric_make_another_question() -> None:
    pair = Example(production="a", candidate="b").pair()
    other = RUBRIC.model_copy(update={"question": "Which is shorter?"})
    built = [build(RUBRIC, pair, "production", "b0"), build(RUBRIC, pair, "candidate", "b0"),
             build(other, pair, "production", "b0")]  # fmt: skip
    assert len({question_of("a@1", each) for each in built}) == 3


def test_the_cap_stops_before_anything_is_asked(store: Store) -> None:
    model = says()
    most = most_tokens(request())
    one = (most.input + 10 * most.output) / 1e6
    desk = till(store, cap=one * 1.5)

    async def work() -> list[object]:
        answers: list[object] = [await ask(desk, model, 0)]
        return answers + await asyncio.gather(*(ask(desk, model, n) for n in range(1, 4)), return_exceptions=True)

    answers = asyncio.run(work())
    assert model.asked == 2, "what is reserved counts as spent, and a settled call gives back what it did not need"
    capped = [each for each in answers if isinstance(each, CapReached)]
    assert len(capped) == 2
    assert "max_usd_per_day" in str(capped[0])
    assert len(calls(store, "*")) == 2, "no entry for what was not asked"
    assert asyncio.run(_spent(store)) == pytest.approx(2 * 1640 / 1e6), "a new process begins with what was spent"


async def _spent(store: Store) -> float:
    return till(store).spent_today("triage")


def test_a_call_that_was_cut_off_costs_what_was_reserved(store: Store) -> None:
    class Hanging(Asked):
        async def complete(self, request: Request) -> Completion:
            await asyncio.sleep(3600)
            raise AssertionError

    async def work() -> None:
        await asyncio.wait_for(ask(till(store), Hanging(lambda n: Completion())), 1)

    with pytest.raises(TimeoutError):
        asyncio.run(work())
    result, usd = calls(store, "result, usd")[0]
    assert (result, usd) == ("open", pytest.approx(asyncio.run(_spent(store))))
    assert usd > 0  # type: ignore[operator]


@pytest.mark.parametrize(("may_cost", "free"), [(False, True), (True, False)])
def test_every_try_is_a_call_and_costs_what_it_may_have(
    store: Store, monkeypatch: pytest.MonkeyPatch, may_cost: bool, free: bool
) -> None:
    monkeypatch.setattr("connectors.patience.FIRST_S", 0.01)

    def answer(n: int) -> Completion:
        if n < 3:
            raise RetryLater("away", may_cost=may_cost)
        return Completion(text="ok", input_tokens=0, output_tokens=0)

    assert asyncio.run(ask(till(store), Asked(answer))).text == "ok"
    rows = calls(store, "result, usd = 0, error")
    assert rows == [("failed", free, "away"), ("failed", free, "away"), ("answered", True, None)]


def test_a_failed_answer_costs_what_the_server_says(store: Store) -> None:
    async def work() -> None:
        desk = till(store)
        await ask(desk, Asked(lambda n: Completion(error="HTTP 400", input_tokens=0, output_tokens=0)), 0)
        await ask(desk, Asked(lambda n: Completion(error="no answer within 30 s")), 1)
        await ask(desk, Asked(lambda n: Completion(error="no answer within 30 s")), 1)

    asyncio.run(work())
    assert calls(store, "result, usd > 0") == [("failed", False), ("failed", True), ("failed", True)]
    assert store.read("SELECT * FROM replies").is_empty(), "a failure is no reply to remember"


def test_a_server_s_wait_holds_for_all_calls(store: Store) -> None:
    began: list[float] = []

    def answer(n: int) -> Completion:
        began.append(asyncio.get_running_loop().time())
        if n == 1:
            raise RetryLater("HTTP 429", after_s=0.5)
        return Completion(text="ok")

    async def work() -> None:
        desk, model = till(store), Asked(answer)
        first = asyncio.create_task(ask(desk, model, 0))
        while len(calls(store, "*")) < 1 or not began:
            await asyncio.sleep(0.01)
        while not [row for row in calls(store, "result") if row == ("failed",)]:
            await asyncio.sleep(0.005)
        await ask(desk, model, 1)
        await first

    asyncio.run(work())
    assert began[1] - began[0] >= 0.4


def test_no_prices_no_cost(store: Store) -> None:
    asyncio.run(ask(till(store), says(), prices=None))
    assert calls(store, "result, usd, input_tokens") == [("answered", None, 1000)]


def test_the_ledger_outlives_an_erased_pair_and_the_replies_do_not(store: Store) -> None:
    asyncio.run(ask(till(store), says()))
    columns = store.read("SELECT table_name FROM duckdb_columns() WHERE column_name = 'pair_id'")
    names = set(columns["table_name"])
    assert "replies" in names
    assert "ledger" not in names
    assert "answer" not in str(store.read("SELECT * FROM ledger").drop("result").rows())


def test_a_day_is_a_day_of_utc() -> None:
    budget = Budget({"triage": 1.0}, {("triage", date(2026, 11, 24)): 0.9})
    with pytest.raises(CapReached) as reached:
        budget.reserve("triage", 0.2, NOW)
    assert reached.value.after_s == 60, "until midnight"
    budget.reserve("triage", 0.2, NOW + timedelta(minutes=2))
    budget.settle("triage", 0.2, 0.1, NOW + timedelta(minutes=2))
    assert budget.spent("triage", NOW) == 0.9
    assert budget.spent("triage", NOW + timedelta(minutes=2)) == pytest.approx(0.1)
    budget.reserve("triage", 0.05, NOW)
    with pytest.raises(CapReached) as reached:
        budget.reserve("triage", 0.1, NOW)
    assert reached.value.after_s == 2, "until the calls under way are settled"
    budget.reserve("other", 1e9, NOW)


def test_a_reservation_is_more_than_a_real_tokenizer_counts() -> None:
    text = str(request().messages)
    assert BYTES_A_TOKEN * len(text.split()) * 1.4 < len(text.encode()), "about 1.3 tokens an English word"


def test_many_callers_share_a_write(store: Store) -> None:
    writes: list[int] = []

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def append(self, table: str, frame: pl.DataFrame) -> int:
            writes.append(frame.height)
            return store.append(table, frame)

    async def work() -> None:
        desk, model = Till(Counting(), {}, []), says()  # type: ignore[arg-type]
        await asyncio.gather(*(desk.ask(Priced(model, None, 100), request(n), "triage", f"p{n}") for n in range(100)))

    asyncio.run(work())
    assert len(calls(store, "*")) == 100
    assert len(writes) < 30


def test_what_another_scorer_spends_counts_under_the_cap(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("judge.money.till.OTHERS_S", 0.0)
    most = most_tokens(request())
    one = (most.input + 10 * most.output) / 1e6
    cap = one + 1640 / 1e6 * 1.5  # a call, once one has been settled, and no more after two

    async def work() -> object:
        mine, others = till(store, cap), till(store, cap)
        await ask(mine, says(), 0)
        await ask(others, says(), 1)
        assert mine.spent_today("triage") == pytest.approx(1640 / 1e6), "read when the next call is reserved"
        return (await asyncio.gather(ask(mine, says(), 2), return_exceptions=True))[0]

    assert isinstance(asyncio.run(work()), CapReached)
    assert len(calls(store, "*")) == 2
