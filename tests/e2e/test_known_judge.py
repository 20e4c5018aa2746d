"""A judge with known errors on planted defects: on its word alone the candidate would pass; the product blocks it."""

import asyncio
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.types import Completion, Origin, Request
from judge.actions import review, sign_off
from judge.board import readiness_of
from judge.outcomes import Outcome, Phase, State
from judge.people import Actor, Role
from judge.readiness.assess import Readiness
from judge.sampling.reviewing import next_for_reviewer
from judge.scoring.scorer import Scorer
from judge.signing.signoff import verify
from shadow.config import Config, validate
from shadow.pairs import to_frame
from shadow.store import Store, open_store
from shadow.types import Pair, pair_id
from tests.store.test_scorer import Recorded

PLANTED = "PLANTED DEFECT"
BUDGET = 0.05
AGO = datetime.now(UTC) - timedelta(hours=6)
ADA = Actor("ada", frozenset({Role.REVIEWER}))
GRACE = Actor("grace", frozenset({Role.RELEASE_MANAGER}), authenticated=True)


def configuration(budget: float = BUDGET, **demands: Any) -> Config:
    raw = {
        "source": {"kind": "file"},
        "models": {"small": {"kind": "openai", "model": "small-1"}, "arbiter": {"kind": "openai", "model": "judge-1"}},
        "workflows": {
            "reply": {
                "candidates": ["small"],
                "checks": [{"check": "text_agreement"}],
                "judge": {"model": "arbiter", "min_labels": 20, "min_agreement": 0.7},
                "budgets": {"critical": budget, "major": budget, "minor": 0.2},
                "cycles_to_expand": 1,
                "demands": {"min_days": 1, "min_hours": 1, "noise_floor": False, "escalation": False, **demands},
            }
        },
    }
    return validate(Config, raw, "test.toml")


CONFIG = configuration()
LENIENT = configuration(0.12)
ON_ITS_WORD = configuration(evidence="judge", judge_as_truth="the test: what would happen on the judge's word")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"duckdb:{tmp_path}/s.duckdb")
    store.migrate("shadow")
    store.migrate("judge")
    yield store
    store.close()


def mirror(store: Store, count: int, defects: float) -> None:
    """Pairs whose answers all differ; a share of the candidate's is planted to be wrong, the same whoever asks."""
    chance = random.Random(7)
    store.append("pairs", to_frame([pair(n, chance.random() < defects, chance.random()) for n in range(count)]))


def pair(n: int, defect: bool, salt: float) -> Pair:
    origin = Origin("calls", 0, n)
    good = f"Another good reply, no. {n}"
    return Pair(
        pair_id=pair_id(origin, "small@1"),
        workflow="reply",
        fingerprint="small@1",
        request_id=f"r{n}",
        occurred_at=AGO + timedelta(seconds=n),
        mirrored_at=AGO + timedelta(seconds=n),
        origin=origin,
        request=Request([{"role": "user", "content": f"Question {n}: {salt}"}]),
        production=Completion(text=f"The reply that production gave to {n}", model="large-1"),
        candidate=Completion(text=f"{PLANTED} number {n}, nothing is right" if defect else good),
        scrub_version="1",
    )


def says(understates: float, misses: float, false_alarms: float) -> Recorded:
    """A judge that calls a share of the defects minor, lets a share pass, and finds fault with good replies."""

    def answer(request: Request) -> Completion:
        text = str(request.messages[-1]["content"])
        chance = random.Random(text.split("Question ")[1].split("\n")[0]).random()
        # The planted answer is worse wherever it stands: in the first place when what follows it is production's.
        at, other = text.find(PLANTED), text.find("The reply that production gave")
        place = "first" if 0 <= at < other else "second"
        if at < 0:
            worse = "first" if text.find("Another good reply") < other else "second"
            choice = f"{worse}_slightly_worse" if chance < false_alarms else "same"
        elif chance < misses:
            choice = "same"
        else:
            choice = f"{place}_slightly_worse" if chance < misses + understates else f"{place}_wrong"
        return Completion(text=json.dumps({"reason": "as planned", "choice": choice}), model="judge-1")

    return Recorded("arbiter", answer)


def score(store: Store, judge: Recorded, config: Config = CONFIG) -> None:
    small = Recorded("small", lambda _: Completion(text="unused"))
    asyncio.run(Scorer(store, config, {"small": small, "arbiter": judge}, "test.toml", 0.0).score_once())


def label(store: Store, most: int, config: Config = CONFIG) -> int:
    """People label what the plan offers, and see the truth; returns how many pairs they looked at."""
    for looked_at in range(most):
        offer = next_for_reviewer(store, config, ADA.name, "reply", "small@1")
        if offer is None:
            return looked_at
        text = store.read(
            "SELECT candidate_text FROM pairs WHERE pair_id = $pair_id", {"pair_id": offer.pair_id}
        ).item()
        outcome = Outcome.WORSE_MAJOR if PLANTED in text else Outcome.EQUIVALENT
        review(store, ADA, offer.pair_id, offer.occurred_at, outcome, "", "production", offer.claim_id)
    return most


def line(store: Store, config: Config, name: str = "major defects") -> Any:
    found = readiness_of(store, config, "reply", Phase.LIMITED, datetime.now(UTC), "small@1")
    return next(each for each in found.lines if each.name == name)


def test_the_raw_judge_would_promote_and_the_product_blocks(store: Store) -> None:
    """15 % of the replies are planted defects, three times the budget; the judge calls half of them minor and misses
    four in ten.
    """
    mirror(store, 400, defects=0.15)
    score(store, says(understates=0.5, misses=0.4, false_alarms=0.02))
    score_on = line(store, ON_ITS_WORD)
    assert score_on.state is State.READY, score_on.sentence
    assert line(store, CONFIG).state is State.INSUFFICIENT_EVIDENCE, "nobody has confirmed anything yet"
    label(store, 120)
    blocked = line(store, CONFIG)
    assert blocked.state is State.BLOCKED, blocked.sentence
    assert line(store, ON_ITS_WORD).value < 0.15


def test_a_good_candidate_walks_through_all_four_phases(store: Store) -> None:
    """With the evidence there, every phase becomes ready in its turn, is signed, and verifies."""
    mirror(store, 300, defects=0.03)
    judge = says(understates=0.0, misses=0.0, false_alarms=0.05)
    for _ in range(6):
        score(store, judge, LENIENT)
        if label(store, 40, LENIENT) == 0:
            break
    for phase in Phase:
        seen = readiness_of(store, LENIENT, "reply", phase, datetime.now(UTC), "small@1")
        assert seen.state is State.READY, [each.sentence for each in seen.lines if each.state is not State.READY]
        _sign(store, seen)
    assert verify(store) == []


def _sign(store: Store, seen: Readiness) -> None:
    sign_off(
        store, LENIENT, GRACE, "reply", "small@1", seen.phase, "approve", "all lines hold", seen.as_of, seen.digest
    )
