"""A store as the service leaves it after a while: three workflows of synthetic pairs, mirrored, checked and judged."""

import asyncio
import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from connectors.types import Completion, Model, Origin, Request
from dashboards.wiring import connect_models
from judge.scoring.scorer import Scorer
from shadow import config
from shadow.pairs import to_frame
from shadow.store import Store, open_store
from shadow.types import Pair, pair_id

TOPIC = "llm.interactions"
QUEUES = ("billing", "access", "network", "hardware", "software", "other")
QUEUE_PROMPT = "Answer with one word, the queue: " + ", ".join(QUEUES) + "."
CONFIG = """
[store]
url = "duckdb:{folder}/store.duckdb"

[source]
kind = "file"
path = "{folder}/none.jsonl"

[models.small]
kind = "openai"
base_url = "http://127.0.0.1:9/v1"
model = "smollm2-135m"
prices = {{ input = 0.02, output = 0.04 }}

[models.large]
kind = "openai"
base_url = "http://127.0.0.1:9/v1"
model = "gpt-large-2026-05"
prices = {{ input = 2.0, output = 8.0 }}

[models.judge]
kind = "openai"
base_url = "{judge_url}"
model = "judge-large"

[workflows.triage]
description = "Helpdesk tickets to one of six queues"
candidates = ["small"]
checks = [
    {{ check = "label_in_set", labels = {queues}, severity = "major" }},
    {{ check = "label_agreement", severity = "major" }},
]
budgets = {{ critical = 0.05, major = 0.05, minor = 0.1 }}
limits = {{ p95_latency_ms = 800 }}

[workflows.order_id]
description = "The order id in a customer's message, as JSON"
candidates = ["small"]
checks = [
    {{ check = "json_agreement", severity = "major" }},
]
budgets = {{ critical = 0.02, major = 0.05, minor = 0.1 }}
limits = {{ p95_latency_ms = 800 }}

[workflows.reply]
description = "A first draft of a short reply"
candidates = ["small"]
checks = [{{ check = "text_agreement" }}]
min_captured = 100
judge = {{ model = "judge", share_of_agreements = 0.3, min_labels = 20 }}
"""


def write_config(folder: Path, judge_url: str = "http://127.0.0.1:9/v1") -> Path:
    """A configuration of the three workflows whose store lies in the folder."""
    file = folder / "shadowjudge.toml"
    file.write_text(CONFIG.format(folder=folder, queues=json.dumps(QUEUES), judge_url=judge_url), encoding="utf-8")
    return file


def open_seeded(file: Path) -> Store:
    """The configured store with all its tables, opened by this process."""
    store = open_store(config.load(file).store.url)
    store.migrate("shadow")
    store.migrate("judge")
    return store


def seed(store: Store, file: Path, pairs_each: int) -> None:
    """Append `pairs_each` pairs a workflow, what else the mirror leaves, and what the scorer makes of the pairs."""
    chance = random.Random(20260)
    tasks: tuple[tuple[str, Callable[[random.Random], Task]], ...] = (
        ("triage", _triage), ("order_id", _order_id), ("reply", _reply),
    )  # fmt: skip
    start = datetime.now(UTC) - timedelta(hours=3)
    fingerprint = models_of(file)["small"].fingerprint
    pairs = []
    for index in range(pairs_each * len(tasks)):
        workflow, task = tasks[index % len(tasks)]
        occurred = start + timedelta(seconds=index * 9000 / (pairs_each * len(tasks)))
        pairs.append(pair(workflow, fingerprint, index, occurred, task(chance), chance))
    store.append("pairs", to_frame(pairs))
    store.append("rejected", _rejected(len(pairs), start))
    store.append("heartbeats", _heartbeats())
    score(store, file)


def score(store: Store, file: Path) -> None:
    """Let the real scorer check every pair, and judge what its plan asks for.

    In a thread of its own, since Playwright keeps a loop in the main one.
    """
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(_score(store, file))).result()


async def _score(store: Store, file: Path) -> None:
    settings = config.load(file)
    models = models_of(file)
    await Scorer(store, settings, models, str(file)).score_once()
    for model in models.values():
        await model.close()


def models_of(file: Path) -> dict[str, Model]:
    """The configured models; nothing is sent to them before the first call."""
    settings = config.load(file)
    return connect_models(settings, settings.models)


def judge_reply(request: dict[str, Any]) -> str:
    """What the synthetic judge says: the answer that promises nothing is the worse one, in either place."""
    text = request["messages"][-1]["content"]
    first, second = (text.find(f"{place} answer") for place in ("first", "second"))
    curt = text.find("Please wait for the carrier")
    choice = "same" if curt < 0 else "first_wrong" if first < curt < second else "second_wrong"
    return json.dumps({"reason": "It leaves the customer with nothing to do but wait.", "choice": choice})


Task = tuple[str, str, str, str, Any]


def pair(workflow: str, fingerprint: str, offset: int, occurred: datetime, task: Task, chance: random.Random) -> Pair:
    """The pair of one task: (instruction, input, production's answer, candidate's answer, ground truth or None)."""
    instruction, text, production, candidate, truth = task
    origin, told = Origin(TOPIC, 0, offset), random.Random(offset)
    messages = [{"role": "system", "content": instruction}, {"role": "user", "content": text}]
    return Pair(
        pair_id=pair_id(origin, fingerprint),
        workflow=workflow,
        fingerprint=fingerprint,
        request_id=f"req-{offset:05}",
        occurred_at=occurred,
        mirrored_at=occurred + timedelta(seconds=1),
        origin=origin,
        request=Request(messages=messages, params={"temperature": 0, "max_tokens": 60}),
        production=_answer(production, "gpt-large-2026-05", chance.gauss(900, 120)),
        candidate=msgspec.structs.replace(
            _answer(candidate, "smollm2-135m", chance.gauss(260, 60)),
            time_to_first_token_ms=told.gauss(40, 8),
            confidence=told.betavariate(8, 2) if candidate == production else told.betavariate(4, 4),
        ),
        scrub_version="1",
        scrubbed={"email": 1} if chance.random() < 0.2 else {},
        tags={"synthetic": "true"},
        ground_truth=truth,
    )


def _answer(text: str, model: str, latency_ms: float) -> Completion:
    return Completion(
        text=text, finish_reason="stop", model=model, input_tokens=110, output_tokens=12, latency_ms=max(40, latency_ms)
    )


def _triage(chance: random.Random) -> Task:
    queue = chance.choice(QUEUES)
    about = {
        "billing": "I was charged twice for the March invoice",
        "access": "I cannot sign in since my password expired",
        "network": "The VPN drops every few minutes on the third floor",
        "hardware": "My laptop screen stays black after the lid is closed",
        "software": "The spreadsheet add-in crashes when I save a file",
        "other": "Who do I ask about the parking badge for a visitor",
    }[queue]
    ticket = f"{about}. It started {chance.choice(('today', 'on Monday', 'last week'))}. <EMAIL>"
    production = queue if chance.random() < 0.97 else chance.choice(QUEUES)
    candidate = queue if chance.random() < 0.45 else chance.choice((*QUEUES, "billing queue"))
    return QUEUE_PROMPT, ticket, production, candidate, queue


def _order_id(chance: random.Random) -> Task:
    order = f"ORD-{chance.randrange(10_000, 99_999)}"
    text = f"Hello, {chance.choice(('where is', 'please cancel', 'I want to return'))} my order {order}? Thank you."
    right = {"order_id": order}
    candidate = right if chance.random() < 0.97 else {"order_id": order.removeprefix("ORD-")}
    return "Extract the order id as JSON.", text, json.dumps(right), json.dumps(candidate), right


def _reply(chance: random.Random) -> Task:
    day = chance.choice(("Tuesday", "Thursday", "Friday"))
    text = f"My parcel was due on {day} and has not arrived. Can you tell me where it is?"
    production = (
        f"I am sorry that your parcel did not arrive on {day}. I have asked the carrier for its position "
        "and will write to you again before 5 pm today."
    )
    candidate = chance.choice((
        f"I am sorry that your parcel did not arrive on {day}. I will ask the carrier for its position "
        "and write to you tomorrow.",
        f"Your parcel was due on {day}. Please wait for the carrier.",
        production,
    ))  # fmt: skip
    return (
        "Draft a short, friendly reply. Promise nothing that is not in the message.",
        text,
        production,
        candidate,
        None,
    )


def _rejected(offset: int, when: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "topic": [TOPIC] * 3,
            "partition": [0] * 3,
            "offset": [offset, offset + 1, offset + 2],
            "reason": ["the record is empty (a tombstone)"] * 2 + ["the record is not UTF-8"],
            "size_bytes": [0, 0, 311],
            "rejected_at": [when] * 3,
        },
        schema_overrides={"partition": pl.Int32, "rejected_at": pl.Datetime("us", "UTC")},
    )


def _heartbeats() -> pl.DataFrame:
    moment = datetime.now(UTC)
    return pl.DataFrame(
        {
            "component": ["mirror", "scorer"],
            "instance": ["host-a:4100", "host-a:4100"],
            "beat_at": [moment - timedelta(seconds=4), moment - timedelta(minutes=14)],
            "state": ["running", "running"],
            "lag": [12, 0],
            "in_flight": [4, 0],
            "oldest_in_flight_s": [0.4, 0.0],
            "detail": ["", ""],
        },
        schema_overrides={"beat_at": pl.Datetime("us", "UTC")},
    )
