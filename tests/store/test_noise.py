"""The noise floor on a real store: production asked again, who differs, and the line that says so."""

import asyncio
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from connectors.errors import RetryLater
from connectors.types import Completion
from judge.board import evidence_of
from judge.describing.served import spent_today
from judge.evidence.record import Noise
from judge.money.spend import costs
from judge.noise.asking import Again
from judge.outcomes import State
from judge.readiness.noise import noise_floor
from judge.readiness.policy import policy_of
from shadow.config import Config, validate
from shadow.store import Store
from tests.store.seeding import AGREE, SMALL, configuration, pair, store_checked, store_pairs
from tests.store.test_scorer import Recorded

CONFIG = configuration(noise_floor={"model": "other", "share": 0.5})
AGO = datetime.now(UTC) - timedelta(hours=1)


def seed(store: Store, count: int, fingerprint: str = SMALL) -> None:
    """Production says billing; the candidate says something else on every fifth pair."""
    pairs = [
        pair(
            n,
            fingerprint,
            occurred_at=AGO,
            mirrored_at=AGO + timedelta(seconds=n),
            candidate=Completion(text="billing" if n % 5 else "access"),
        )
        for n in range(count)
    ]
    store_pairs(store, pairs)
    store_checked(store, CONFIG, pairs, AGREE)


def production(text: str = "billing") -> Recorded:
    return Recorded("other", lambda _: Completion(text=text))


def ask(store: Store, model: Recorded, config: Config = CONFIG) -> int:
    return asyncio.run(Again(store, config, {"other": model}, "test.toml").ask_once())


def measured(store: Store) -> Noise:
    return evidence_of(store, CONFIG, "triage", SMALL, datetime.now(UTC)).noise


def test_a_share_of_the_pairs_is_asked_again_and_none_twice(store: Store) -> None:
    seed(store, 200)
    model = production()
    first = ask(store, model)
    assert 70 < first < 130, "about half"
    assert (ask(store, model), model.asked) == (0, first)
    found = measured(store)
    assert (found.twice, found.both, found.self_only) == (first, 0, 0)
    assert 0.1 < found.candidate_only / first < 0.3


def test_who_differs_is_told_apart(store: Store) -> None:
    seed(store, 100)
    ask(store, production("access"))
    found = measured(store)
    assert found.both + found.self_only == found.twice
    assert found.candidate_only == 0 < found.both


def test_a_record_of_two_candidates_is_asked_once(store: Store) -> None:
    seed(store, 60)
    seed(store, 60, "rival@1")
    model = production()
    rows = ask(store, model)
    known = store.read('SELECT count(DISTINCT "offset") AS n FROM second_answers').item()
    assert known <= model.asked <= rows
    again = production()
    other_checks = configuration(
        noise_floor={"model": "other", "share": 0.5}, checks=[{"check": "label_agreement", "severity": "critical"}]
    )
    pairs = [pair(n, occurred_at=AGO, mirrored_at=AGO + timedelta(seconds=n)) for n in range(60)]
    store_checked(store, other_checks, pairs, AGREE)
    assert ask(store, again, other_checks) > 0
    assert again.asked == 0, "other checks look at the answers that are stored"


def test_production_that_is_away_leaves_nothing_behind(store: Store) -> None:
    seed(store, 10)
    away = Recorded("other", lambda _: Completion(error="connection refused"))
    with pytest.raises(RetryLater, match="production gave no second answer"):
        ask(store, away)
    assert store.read("SELECT count(*) AS n FROM second_answers").item() == 0


def priced(cap: float | None) -> Config:
    raw = configuration(noise_floor={"model": "other", "share": 1.0, "max_usd_per_day": cap}).model_dump()
    raw["models"]["other"]["prices"] = {"input": 1.0, "output": 10.0}
    return validate(Config, raw, "test.toml")


def dear() -> Recorded:
    return Recorded("other", lambda _: Completion(text="billing", input_tokens=100, output_tokens=50))


def test_every_second_call_is_in_the_ledger_apart_from_the_judges(store: Store) -> None:
    seed(store, 6)
    assert ask(store, dear(), priced(None)) == 6
    rows = store.read("SELECT entry, count(*) AS n, sum(usd) AS usd FROM ledger GROUP BY entry ORDER BY entry").rows()
    assert [row[:2] for row in rows] == [("reserved", 6), ("settled", 6)]
    assert rows[1][2] == pytest.approx(6 * (100 * 1.0 + 50 * 10.0) / 1e6)
    assert rows[0][2] > rows[1][2], "a request without a limit is reserved for as a long reply"
    calls = store.read("SELECT DISTINCT workflow, result, model FROM second_calls").rows()
    assert calls == [("triage", "answered", "other@1")]
    assert store.read("SELECT count(*) AS n FROM judge_calls").item() == 0
    assert store.read("SELECT count(*) AS n FROM replies").item() == 0, "no text is kept a second time"
    assert spent_today(store, "triage", datetime.now(UTC)).usd == 0.0
    arms = costs(store, priced(None)).filter(pl.col("arm") == "production again").to_dicts()
    assert [(row["calls"], row["usd"]) for row in arms] == [(6, pytest.approx(rows[1][2]))]


def test_the_cap_of_the_day_ends_the_asking_and_keeps_what_was_answered(store: Store) -> None:
    seed(store, 200)
    model, config = dear(), priced(0.03)
    again = Again(store, config, {"other": model}, "test.toml")

    async def until_it_rests() -> int:
        return sum([await again.ask_once(4) for _ in range(60)])

    done = asyncio.run(until_it_rests())
    assert 0 < model.asked < 60
    assert store.read("SELECT count(*) AS n FROM second_answers").item() == model.asked >= done
    assert again.till.spent_today("triage") <= 0.03
    assert store.read("SELECT sum(usd) AS usd FROM second_calls").item() == pytest.approx(model.asked * 600 / 1e6)
    fresh = dear()
    asyncio.run(Again(store, config, {"other": fresh}, "test.toml").ask_once(4))
    assert fresh.asked <= 4, "another process counts what this one spent"


def test_a_failed_second_call_is_settled_and_may_have_cost_something(store: Store) -> None:
    seed(store, 1)
    with pytest.raises(RetryLater):
        ask(store, Recorded("other", lambda _: Completion(error="no answer within 30 s")), priced(None))
    found = store.read("SELECT result, usd FROM second_calls").row(0)
    assert found[0] == "failed"
    assert found[1] > 0


def test_the_line(store: Store) -> None:
    policy = policy_of(CONFIG.workflows["triage"])
    evidence = evidence_of(store, CONFIG, "triage", SMALL, datetime.now(UTC))

    def line(**counts: int) -> tuple[State, str]:
        import msgspec

        found = noise_floor(policy, msgspec.structs.replace(evidence, noise=Noise(**counts)))
        return found.state, found.sentence

    assert line()[0] is State.INSUFFICIENT_EVIDENCE
    state, sentence = line(twice=4000, both=200, candidate_only=144, self_only=124)
    assert state is State.READY
    assert sentence.startswith(
        "noise floor: production disagrees with itself on 8.1 %; candidate 8.6 %; excess 0.5, at most 1."
    )
    assert line(twice=200, both=10, candidate_only=7, self_only=6)[0] is State.INSUFFICIENT_EVIDENCE
    assert line(twice=500, both=0, candidate_only=250, self_only=0)[0] is State.READY, "known, whatever it is"
