"""The board of many workflows: each candidate's evidence is what it is alone, in as many queries as one takes."""

from datetime import timedelta
from typing import Any

import msgspec

from connectors.types import Completion
from judge.board import board, evidence_of, readiness_of, readings
from judge.outcomes import Outcome, Phase
from shadow.config import Config, validate
from shadow.store import Store
from tests.store.counted import Counted
from tests.store.seeding import (
    AGREE,
    DEFECT,
    DISAGREE,
    NOON,
    configuration,
    pair,
    store_check_result,
    store_checked,
    store_pairs,
    store_review,
    store_trial,
    store_verdict,
)

LATER = NOON + timedelta(hours=1)


def config_of(workflows: int) -> Config:
    """Workflows alike, every second with two candidates."""
    raw = {
        "source": {"kind": "file"},
        "models": {name: {"kind": "openai"} for name in ("small", "other", "arbiter")},
        "workflows": {
            f"w{n}": {
                "candidates": ["small", "other"][: 1 + n % 2],
                "checks": [{"check": "label_agreement"}],
                "min_captured": 20,
                "judge": {"model": "arbiter", "min_labels": 4},
            }
            for n in range(workflows)
        },
    }
    return validate(Config, raw, "test.toml")


def fill(store: Store, workflows: int) -> None:
    """Other counts in each workflow: pairs of two candidates, some stored or checked twice, verdicts, reviews."""
    for n in range(workflows):
        for fingerprint in ("small@1", "other@1")[: 1 + n % 2]:
            ours = [
                pair(
                    100 * n + i, fingerprint, workflow=f"w{n}", candidate=Completion(text="x", latency_ms=float(i * n))
                )
                for i in range(20 + n)
            ]
            failed = pair(100 * n + 99, fingerprint, workflow=f"w{n}", candidate=Completion(error="gone"))
            store_pairs(store, [*ours, failed])
            config = configuration()
            store_checked(store, config, ours[:10], AGREE)
            store_checked(store, config, ours[10:15], DISAGREE)
            store_checked(store, config, ours[15 : 18 + n], DEFECT)
            store_check_result(store, config, ours[0], "label_agreement", "FAIL")
            for i, outcome in enumerate((Outcome.EQUIVALENT, Outcome.WORSE_MAJOR, Outcome.WORSE_MINOR)[: 1 + n % 3]):
                store_verdict(store, ours[i], outcome, NOON + timedelta(minutes=i))
                store_review(store, ours[i], Outcome.WORSE_MAJOR, NOON + timedelta(minutes=9), reason="random")
            if n % 3 == 0:
                store_pairs(store, [ours[0], failed])
                store_checked(store, config, ours[:2], AGREE)
        store_trial(store, f"w{n}", leaked=n)


def test_the_evidence_of_each_is_what_it_is_alone(store: Store) -> None:
    fill(store, 5)
    config = config_of(5)
    found = board(store, config, LATER)
    evidence = {(each.workflow, each.fingerprint): each.evidence for each in found}
    assert len(evidence) == 7
    assert len({msgspec.json.encode(each) for each in evidence.values()}) == 7
    for (workflow, fingerprint), each in evidence.items():
        assert each == evidence_of(store, config, workflow, fingerprint, LATER), (workflow, fingerprint)


def test_a_phase_has_the_same_digest_alone_and_beside_others(store: Store) -> None:
    fill(store, 4)
    config = config_of(4)
    for each in board(store, config, LATER):
        alone = readiness_of(store, config, each.workflow, each.phase, LATER, each.fingerprint)
        assert alone.digest == each.digest


def test_the_number_of_queries_does_not_grow_with_the_workflows(store: Store) -> None:
    fill(store, 6)
    counted: Any = Counted(store)
    asked = []
    for workflows in (1, 6):
        counted.queries = 0
        board(counted, config_of(workflows), LATER)
        asked.append(counted.queries)
    assert asked[0] == asked[1] <= 28


def test_nobody_asked_about_is_no_query(store: Store) -> None:
    counted: Any = Counted(store)
    assert readings(counted, configuration(), [], LATER) == []
    assert counted.queries == 0


def test_every_phase_of_everybody_in_the_order_asked(store: Store) -> None:
    found = readings(store, config_of(2), [("w1", "other@1"), ("w0", "small@1")], LATER)
    assert [(each.workflow, each.phase) for each in found] == [(w, phase) for w in ("w1", "w0") for phase in Phase]
