"""The same extraction traffic for both arms: a seed gives the same pairs, of which some differ and some are broken."""

import json
import random
from typing import Any, NamedTuple

PATTERN = r"^\{[^\n]*\}$"
MAX_MS = 800.0
WITHIN = 0.01
FIELDS = ("order_id", "customer", "total", "currency", "city")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "order_id": {"type": "string"},
        "customer": {"type": "string"},
        "total": {"type": "number"},
        "currency": {"type": "string"},
        "city": {"type": "string"},
    },
    "required": list(FIELDS),
    "additionalProperties": False,
}


class Answers(NamedTuple):
    """What both said to one request, and how long the candidate took."""

    production: str
    candidate: str
    latency_ms: float


def traffic(count: int, seed: int = 7) -> list[Answers]:
    """Pairs of which about 80 % agree, 15 % differ in a value and 5 % are no JSON on the candidate's side."""
    draw = random.Random(seed)
    return [_pair(number, draw) for number in range(count)]


def _pair(number: int, draw: random.Random) -> Answers:
    order: dict[str, Any] = {
        "order_id": f"AB-{number:06d}",
        "customer": draw.choice(["Jane Doe", "Émile Zola", "Ada Lovelace"]),
        "total": round(draw.uniform(1, 900), 2),
        "currency": draw.choice(["EUR", "USD"]),
        "city": draw.choice(["Berlin", "Paris", "Wien"]),
    }
    production = json.dumps(order, ensure_ascii=False)
    kind = draw.random()
    if kind < 0.05:
        candidate = production[: len(production) // 2]
    elif kind < 0.20:
        candidate = json.dumps(order | {"total": order["total"] + 1}, ensure_ascii=False)
    else:
        candidate = json.dumps(order | {"city": order["city"].upper()}, ensure_ascii=False)
    return Answers(production, candidate, draw.uniform(100, 900))
