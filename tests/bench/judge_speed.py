"""`make bench-judge-speed`: verdicts a second with a judge of fixed latency, against what its server allows.

The whole way: from checked pairs in a store, by the queue, the ledger and real HTTP, to verdicts in the store, with a
plan that has every pair judged (the product's own asks for less, and waits for what verdicts and people say). Beside
it, in the same run and alternately, autoevals' own classifier on the same pairs and endpoint, as many at once. SHORT=1
takes fewer. Exits with 1 below the bar.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
import warnings
from contextlib import closing

import openai

from connectors.models import openai as models
from judge.scoring.scorer import Scorer
from shadow.config import Config
from shadow.pairs import to_frame
from shadow.store import open_store
from tests.bench.latency_server import latency_server
from tests.e2e.test_judge_faults import pair
from tests.recorded.everything import everything

LATENCY_S, IN_FLIGHT, BAR = 0.3, 64, 0.95
ALLOWED = IN_FLIGHT / LATENCY_S
PAIRS, ROUNDS = (1_000, 1) if os.environ.get("SHORT") else (3_000, 2)
VERDICT = '{"reason": "Both name the same queue.", "choice": "same"}'
CHOICE = '{"reasons": "Both name the same queue.", "choice": "same"}'


async def ours(port: int) -> float:
    """Calls a second, from the first read of the store to the last verdict stored."""
    with tempfile.TemporaryDirectory() as folder, closing(open_store(f"duckdb:{folder}/store.duckdb")) as store:
        store.migrate("shadow")
        store.migrate("judge")
        store.append("pairs", to_frame([pair(n, "small@1") for n in range(PAIRS)]))
        config = Config.model_validate(
            {
                "source": {"kind": "file"},
                "models": {
                    "small": {"kind": "openai", "model": "small-1b"},
                    "arbiter": {"kind": "openai", "model": "fixed", "prices": {"input": 2.0, "output": 8.0}},
                },
                "workflows": {
                    "triage": {"candidates": ["small"], "judge": {"model": "arbiter", "in_flight": IN_FLIGHT}}
                },
            }
        )
        url = f"http://127.0.0.1:{port}/v1"
        arbiter = models.connect("arbiter", models.Settings(model="fixed", base_url=url, max_retries=0))
        small = models.connect("small", models.Settings(model="small-1b"))
        small.fingerprint = "small@1"
        scorer = Scorer(store, config, {"small": small, "arbiter": arbiter})
        assert await scorer.check() == PAIRS
        began = time.monotonic()
        with everything():
            done = await scorer.score_once()
        took_s = time.monotonic() - began
        await arbiter.close()
        assert (done.judged, done.waiting) == (PAIRS, 0), done
        assert (
            store.read("SELECT count(DISTINCT pair_id) AS n FROM verdicts WHERE outcome = 'equivalent'").item() == PAIRS
        )
        paid = store.read("SELECT count(*) AS n FROM judge_calls WHERE result = 'answered'").item()
        assert paid == 2 * PAIRS, paid
    return 2 * PAIRS / took_s


async def autoevals(port: int) -> float:
    """Calls a second of its classifier: both orders of every pair, nothing stored, nothing paid."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from autoevals import LLMClassifier

        async with openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="any", max_retries=0) as client:
            classifier = LLMClassifier(
                name="same",
                prompt_template="Request: {{input}}\nFirst: {{output}}\nSecond: {{expected}}\nWhich one is worse?",
                choice_scores={"same": 1, "first_wrong": 0, "second_wrong": 0},
                model="fixed",
                client=client,
            )
            asked = [pair(n, "small@1") for n in range(PAIRS)]
            questions = iter(
                [
                    (each.request.messages[0]["content"], one.text, other.text)
                    for each in asked
                    for one, other in ((each.production, each.candidate), (each.candidate, each.production))
                ]
            )

            async def worker() -> None:
                for request, one, other in questions:
                    score = await classifier.eval_async(input=request, output=one, expected=other)
                    assert score.score == 1

            began = time.monotonic()
            await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
            return 2 * PAIRS / (time.monotonic() - began)


WAYS = {"the scorer, end to end": ours, "autoevals, calls alone": autoevals}


def main() -> int:
    with latency_server(LATENCY_S, VERDICT, CHOICE) as port:
        rates: dict[str, list[float]] = {name: [] for name in WAYS}
        for _ in range(ROUNDS):
            for name, measure in WAYS.items():
                rates[name].append(asyncio.run(measure(port)))
    print(f"{'':24} calls/s   of the {ALLOWED:,.0f}/s that {IN_FLIGHT} in flight at {LATENCY_S * 1000:.0f} ms allow")
    for name, measured in rates.items():
        middle = statistics.median(measured)
        each = ", ".join(f"{rate:,.1f}" for rate in measured)
        print(f"{name:24} {middle:7,.1f}   {middle / ALLOWED:.3f}   ({each})")
    share = statistics.median(rates["the scorer, end to end"]) / ALLOWED
    beside = share * ALLOWED / statistics.median(rates["autoevals, calls alone"])
    print(
        f"judge-speed: {share:.3f} of the throughput that the server allows (bar {BAR}), "
        f"{beside:.2f} times that of autoevals"
    )
    return 0 if share >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
