"""The scorer looks for degenerate answers, and what it found can be read as of a time."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.types import Completion
from judge.degenerate.measuring import Looking, newest
from judge.outcomes import State
from judge.scoring.scorer import Scorer
from shadow.store import open_store
from tests.store.seeding import SMALL, configuration, pair, store_pairs

QUEUES = ("billing", "access", "network")


def answers(n: int, candidate: str) -> dict[str, Completion]:
    return {"production": Completion(text=QUEUES[n % 3]), "candidate": Completion(text=candidate)}


def test_a_constant_candidate_is_found_and_an_honest_one_is_not(tmp_path: Path) -> None:
    store = open_store(f"duckdb:{tmp_path}/s.duckdb")
    store.migrate("shadow")
    store.migrate("judge")
    before = datetime.now(UTC)
    assert newest(store, ["triage"], before) == {}
    store_pairs(store, [pair(n, **answers(n, "billing")) for n in range(40)])
    store_pairs(store, [pair(n, "other@1", **answers(n, QUEUES[n % 3])) for n in range(40)])
    asyncio.run(Scorer(store, configuration(judge=None), {}).score_once())
    now = datetime.now(UTC) + timedelta(seconds=1)
    found = newest(store, ["triage"], now)["triage", SMALL]
    assert found.state is State.BLOCKED
    assert found.sentence == "degenerate answers: 40 of 40 answers are one and the same, or nearly (production: 14)"
    assert newest(store, ["triage"], now)["triage", "other@1"].state is State.READY
    assert newest(store, ["triage"], before) == {}
    store.close()


def test_a_candidate_without_new_pairs_is_not_looked_at_again(tmp_path: Path) -> None:
    store = open_store(f"duckdb:{tmp_path}/s.duckdb")
    store.migrate("shadow")
    store.migrate("judge")
    looking = Looking(store)
    store_pairs(store, [pair(n, **answers(n, "billing")) for n in range(3)])
    assert [found.requests for found in looking.look("triage")] == [3]
    assert looking.look("triage") == []
    store_pairs(store, [pair(3, **answers(3, "billing"))])
    assert [found.requests for found in looking.look("triage")] == [4]
    store.close()
