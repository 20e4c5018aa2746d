"""A panel's verdicts in a real store: what each judge said, and which verdicts count after a change."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.types import Completion, Request
from dashboards.parts.revealed import judgements_table
from judge.board import evidence_of
from judge.queries import pair_detail
from judge.scoring.scorer import Scorer
from shadow.config import Config, validate
from shadow.pairs import to_frame
from shadow.store import Store, open_store
from tests.store.test_scorer import Recorded, config, pair


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"duckdb:{tmp_path}/s.duckdb")
    store.migrate("shadow")
    store.migrate("judge")
    store.append("pairs", to_frame([pair(0), pair(1, candidate="access")]))
    yield store
    store.close()


def says(name: str, choice: str, served: str | None = None) -> Recorded:
    text = json.dumps({"reason": "so", "choice": choice})
    return Recorded(name, lambda _: Completion(text=text, model=served, input_tokens=10, latency_ms=5.0))


def by_candidate(request: Request) -> Completion:
    """Where the answers differ, the candidate's is found wrong in both orders."""
    text = request.messages[1]["content"]
    first, second = text.find("\naccess\n"), text.find("\nbilling\n")
    choice = "same" if first < 0 else "first_wrong" if first < second else "second_wrong"
    return Completion(text=json.dumps({"reason": "so", "choice": choice}), model="second-1", input_tokens=7)


def settings(**judge: Any) -> Config:
    raw = config(**judge).model_dump(exclude_none=True)
    raw["models"] |= {name: {"kind": "openai", "model": f"{name}-1"} for name in ("second", "strong")}
    return validate(Config, raw, "test.toml")


def score(store: Store, configured: Config, *judges: Recorded) -> int:
    models = {"small": says("small", "same"), **{judge.name: judge for judge in judges}}
    return asyncio.run(Scorer(store, configured, models, "test.toml", 0.0).score_once()).judged


def test_what_every_judge_said_is_kept_and_counted(store: Store) -> None:
    cascade = settings(panel=["second"], escalate_to="strong")
    first, second = says("arbiter", "same", "arbiter-7"), Recorded("second", by_candidate)
    strong = says("strong", "second_wrong", "strong-1")
    assert score(store, cascade, first, second, strong) == 2
    rows = store.read(
        "SELECT outcome, worst, order_flip, escalated, judge, judge_model, input_tokens FROM verdicts "
        "ORDER BY occurred_at"
    ).rows()
    assert rows == [
        ("equivalent", "equivalent", False, False, "arbiter", "arbiter-7", 34),
        ("undecided", "worse_major", True, True, "strong", "strong-1", 54),
    ]
    said = store.read(
        "SELECT judge, judge_model, outcome, order_flip, outcome_production_first, outcome_candidate_first, "
        "input_tokens FROM judgements ORDER BY occurred_at, judge"
    ).rows()
    assert said == [
        ("arbiter", "arbiter-7", "equivalent", False, "equivalent", "equivalent", 20),
        ("second", "second-1", "equivalent", False, "equivalent", "equivalent", 14),
        ("arbiter", "arbiter-7", "equivalent", False, "equivalent", "equivalent", 20),
        ("second", "second-1", "worse_major", False, "worse_major", "worse_major", 14),
        ("strong", "strong-1", "undecided", True, "worse_major", "candidate_better", 20),
    ]
    shown = pair_detail(store, cascade, pair(1).pair_id, pair(1).occurred_at).judgements
    assert shown["judge"].to_list() == ["arbiter", "second", "strong"]
    table = judgements_table(shown)
    assert "second_wrong" in table
    assert "strong-1" in table
    assert store.read("SELECT count(DISTINCT epoch) AS n FROM verdicts").item() == 1, "the strong judge was heard late"


def test_one_judge_has_one_judgement_a_verdict(store: Store) -> None:
    score(store, settings(), says("arbiter", "second_wrong", "arbiter-7"))
    assert pair_detail(store, settings(), pair(1).pair_id, pair(1).occurred_at).judgements.is_empty()
    assert store.read("SELECT panel FROM verdicts").to_series().null_count() == 2
    assert (
        store.read("SELECT judge, outcome, order_flip FROM judgements").rows() == [("arbiter", "undecided", True)] * 2
    )


def counted(store: Store, configured: Config) -> int:
    return evidence_of(store, configured, "triage", "small@1", datetime.now(UTC)).judge.verdicts


def test_only_verdicts_of_the_judge_as_configured_and_served_count(store: Store) -> None:
    before, after = settings(), settings(rubric="instruction_following")
    score(store, before, says("arbiter", "same", "arbiter-7"))
    assert (counted(store, before), counted(store, after)) == (2, 0), "not even until the new judge has said anything"
    score(store, after, says("arbiter", "same", "arbiter-7"))
    assert (counted(store, before), counted(store, after)) == (2, 2)

    assert score(store, before, says("arbiter", "same", "arbiter-7")) == 0, "a restart goes on with the epoch"
    store.append("pairs", to_frame([pair(2)]))
    changed = says("arbiter", "same", "arbiter-8")
    again = score(store, before, changed) + score(store, before, changed)
    assert again == 3, "another model behind the name: all that is sampled is judged again"
    assert counted(store, before) == 3
    assert store.read(
        "SELECT judge_model, count(DISTINCT verdict_id) AS n FROM verdicts GROUP BY ALL ORDER BY ALL"
    ).rows() == [
        ("arbiter-7", 4),
        ("arbiter-8", 3),
    ]
