"""Synthetic production traffic for three workflows: seeded, endless, and marked as synthetic on every record."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec

from connectors.interaction import Interaction
from connectors.types import Completion
from dashboards.demo import order_id, reply, triage
from dashboards.demo.call import Call

MODEL = "synthetic-llm"
SHARES: dict[str, tuple[float, Callable[[random.Random], Call]]] = {
    "triage": (0.45, triage.call),
    "order_id": (0.47, order_id.call),
    "reply": (0.08, reply.call),
}
_CHARACTERS_A_TOKEN = 4


def interactions(seed: int, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Iterator[Interaction]:
    """Interactions without end; the same seed gives the same requests and answers in the same order."""
    rng = random.Random(seed)  # noqa: S311  (repeatable traffic, not secrets)
    workflows = list(SHARES)
    weights = [share for share, _ in SHARES.values()]
    number = 0
    while True:
        (workflow,) = rng.choices(workflows, weights)
        call = SHARES[workflow][1](rng)
        yield _interaction(workflow, f"synthetic-{seed}-{number}", call, clock(), rng)
        number += 1


def _interaction(workflow: str, request_id: str, call: Call, at: datetime, rng: random.Random) -> Interaction:
    """`call` as the capture of a production client would have written it; usage and latency are invented."""
    prompt = sum(len(message["content"]) for message in call.request.messages)
    output_tokens = max(1, len(call.answer) // _CHARACTERS_A_TOKEN)
    return Interaction(
        schema="shadowjudge.interaction/1",
        workflow=workflow,
        request_id=request_id,
        occurred_at=at,
        request=msgspec.structs.replace(call.request, params={**call.request.params, "seed": 0}),
        response=Completion(
            text=call.answer,
            finish_reason="stop",
            model=MODEL,
            input_tokens=prompt // _CHARACTERS_A_TOKEN,
            output_tokens=output_tokens,
            latency_ms=round(rng.lognormvariate(6.2, 0.35) + 18 * output_tokens, 1),
        ),
        tags={"synthetic": "true"},
        ground_truth=call.truth,
    )
