"""The noise floor on a real store: production asked again, who differs, and the line that says so."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import RetryLater
from connectors.types import Completion
from judge.board import evidence_of
from judge.evidence.record import Noise
from judge.noise.asking import Again
from judge.outcomes import State
from judge.readiness.noise import noise_floor
from judge.readiness.policy import policy_of
from shadow.config import Config
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
