"""What each arm has cost, against sums made by hand."""

import asyncio
from datetime import timedelta

import polars as pl
import pytest

from connectors.types import Completion
from judge.money.spend import costs
from judge.money.till import Priced, Till
from judge.outcomes import Outcome
from shadow.config import Config, Prices, validate
from shadow.store import Store
from tests.store.seeding import NOON, configuration, pair, store_pairs, store_verdict
from tests.store.test_ledger import Asked, request, says


def priced() -> Config:
    raw = configuration().model_dump()
    raw["models"] = {
        "small": {"kind": "openai", "prices": {"input": 1.0, "output": 1.0}},
        "production": {"kind": "openai", "model": "large-1", "prices": {"input": 10.0, "output": 100.0}},
        "arbiter": {"kind": "openai"},
    }
    return validate(Config, raw, "t")


def line(frame: pl.DataFrame, arm: str) -> dict[str, object]:
    return frame.filter(pl.col("arm") == arm).to_dicts()[0]


def test_costs_by_arm(store: Store) -> None:
    pairs = [pair(n) for n in range(10)]
    store_pairs(store, pairs)
    store_verdict(store, pairs[0], Outcome.EQUIVALENT, NOON)
    store_verdict(store, pairs[1], Outcome.EQUIVALENT, NOON + timedelta(seconds=1))
    away = Asked(lambda n: Completion(error="no answer within 30 s"))

    async def ask() -> None:
        till, prices = Till(store, {}, []), Prices(input=1.0, output=10.0)
        for n, model in enumerate((says(), says(), away)):
            await till.ask(Priced(model, prices, 1), request(n), "triage", f"p{n}")
        await till.ask(Priced(says(), prices, 1), request(0), "triage", "p0")

    asyncio.run(ask())
    frame = costs(store, priced())
    production, candidate, judge = (line(frame, arm) for arm in ("production", "candidate", "judge"))
    assert production["usd"] == pytest.approx(10 * (50 * 10 + 2 * 100) / 1e6)
    assert candidate["usd"] == pytest.approx(10 * (40 + 3) / 1e6)
    reserved = store.read("SELECT usd FROM judge_calls WHERE result = 'failed'").item()
    assert judge["usd"] == pytest.approx(2 * (1000 + 100 * 10) / 1e6 + reserved), "failures are paid for"
    assert (judge["calls"], judge["failed"], judge["cached"]) == (3, 1, 1)
    assert judge["usd_per_verdict"] == pytest.approx(judge["usd"] / 2)  # type: ignore[operator]


def test_a_part_without_a_price_makes_the_whole_unknown(store: Store) -> None:
    store_pairs(store, [pair(0), pair(1, production=Completion(text="x", model="other-2", input_tokens=1))])
    frame = costs(store, priced())
    assert line(frame, "production")["usd"] is None
    assert line(frame, "candidate")["usd"] is not None
