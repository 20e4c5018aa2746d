"""The whole judge, store to store, against recorded verdicts over real HTTP: right or undecided, never wrong."""

import asyncio
from collections import Counter
from contextlib import closing
from pathlib import Path

from connectors.models import openai
from judge.scoring.scorer import Scorer
from shadow.config import Config, validate
from shadow.pairs import to_frame
from shadow.store import open_store
from tests.connectors.chat_server import ChatServer
from tests.recorded.corpus import pairs, rows
from tests.recorded.everything import everything
from tests.recorded.judge import READABLE, Recorded, RecordedJudge, recorded, shown, way_of

JUDGE = "GPT-4/Vanilla_NoRules"
_PREFERRED = {"production": "worse_major", "candidate": "candidate_better", "tie": "equivalent"}


def config(url: str) -> Config:
    raw = {
        "source": {"kind": "file"},
        "models": {
            "small": {"kind": "openai", "model": "small-1b"},
            "arbiter": {
                "kind": "openai", "model": "arbiter-7", "base_url": url, "prices": {"input": 2.0, "output": 8.0},
            },
        },
        "workflows": {
            "recorded": {
                "candidates": ["small"],
                "judge": {"model": "arbiter", "share_of_agreements": 1.0, "in_flight": 24},
            }
        },
    }  # fmt: skip
    return validate(Config, raw, "test.toml")


def expected(each: Recorded) -> str:
    """What the recorded judge's two verdicts come to, where both can be read."""
    one, other = each.production_first, each.candidate_first
    return _PREFERRED[one] if one is not None and one == other else "undecided"


def readable(each: Recorded) -> bool:
    production, candidate = shown(each.pair.production), shown(each.pair.candidate)
    return way_of((production, candidate)) in READABLE and way_of((candidate, production)) in READABLE


def test_verdicts_are_right_or_undecided_and_never_wrong(tmp_path: Path) -> None:
    found = rows("judge_llmbar")
    said = recorded(found, pairs(found, planted=5), JUDGE)
    judge = RecordedJudge(said)
    with (
        ChatServer(judge) as server,
        closing(open_store(f"duckdb:{tmp_path}/s.duckdb")) as store,
    ):
        store.migrate("shadow")
        store.migrate("judge")
        store.append("pairs", to_frame([each.pair for each in said]))
        settings = config(server.base_url)

        async def work() -> None:
            arbiter = openai.connect(
                "arbiter", openai.Settings(model="arbiter-7", base_url=server.base_url, max_retries=0)
            )
            small = openai.connect("small", openai.Settings(model="small-1b"))
            small.fingerprint = "small@1"
            scorer = Scorer(store, settings, {"small": small, "arbiter": arbiter}, retry_s=0.0)
            while (await scorer.score_once()).waiting:
                pass
            await arbiter.close()

        with everything():
            asyncio.run(asyncio.wait_for(work(), 120))
        verdicts = dict(store.read("SELECT pair_id, outcome FROM verdicts").iter_rows())
        calls = store.read("SELECT result, count(*) AS n, sum(usd) AS usd FROM judge_calls GROUP BY result").rows()
        repeated = store.read("SELECT count(*) - count(DISTINCT pair_id) AS n FROM verdicts").item()

    assert len(said) > 400
    assert len(verdicts) == len(said)
    assert repeated == 0
    wrong = [each for each in said if verdicts[each.pair.pair_id] not in (expected(each), "undecided")]
    assert not wrong
    for each in said:
        if readable(each):
            assert verdicts[each.pair.pair_id] == expected(each), "what can be read is read"
        else:
            assert verdicts[each.pair.pair_id] == "undecided"
    decided = Counter(outcome for outcome in verdicts.values())
    assert decided["worse_major"] > 80
    assert decided["candidate_better"] > 80
    assert set(judge.ways.values()) >= READABLE, "every way has been taken"
    ledger = {result: (n, usd) for result, n, usd in calls}
    assert "open" not in ledger
    assert sum(n for result, (n, _) in ledger.items() if result != "cached") == len(server.requests)
    answered = ledger["answered"][0]
    assert ledger["answered"][1] - answered * (900 * 2 + 40 * 8) / 1e6 < 1e-9
    assert ledger["failed"][1] == 0, "what a server refuses costs nothing"
