"""Captured calls of about 1 kB for benchmarks: customers' messages, one in ten of them with personal data."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from connectors.interaction import VERSION, Interaction, encode
from connectors.types import Completion, Request

WORKFLOW = "triage"
PERSONAL_SHARE = 0.1
"""The share of records that hold something to mask."""
_START = datetime(2026, 11, 23, 8, tzinfo=UTC)
_SYSTEM = (
    "You sort tickets of a web shop. Answer with one word: billing, access, delivery, returns, product or other. "
    "Answer other when the message is not a request, and never explain the choice."
)
_SENTENCES = (
    "I ordered two weeks ago and the parcel still has not arrived.",
    "The invoice shows a position that I never ordered, please look into it.",
    "After the update I can no longer sign in, although the password is right.",
    "Could you tell me whether the blue one is in stock again?",
    "The tracking page says delivered since yesterday, but nobody rang at our door.",
    "I would like to send the jacket back: it is too small, and the zip is broken.",
    "My colleague had the same trouble last month, and you solved it within a day.",
    "Wäre es möglich, die Rechnung auf die Firma auszustellen?",
    'The app only says "something went wrong", whatever I try.',
    "Please do not offer me a voucher again; I want the amount refunded.",
    "I have attached a picture of the damage.\nThe box itself was fine.",
    "It worked on the old phone and stopped when I moved to the new one.",
    "Your chat sent me here and your e-mail sent me back to the chat.",
)
_PLAIN = (
    "The order is ORD-{n:05d}.",
    "That was on 2026-{m:02d}-{d:02d}, at about {h:02d}:{s:02d}.",
    "I was charged {n}.{s:02d} EUR instead of {d}.99 EUR.",
    "Item {m} of {d} is missing, see invoice INV-2026-{n:05d}.",
    "The screen shows error 0x{n:x} in version 4.{m}.{d}.",
    "I have been a customer since {d:02d}.{m:02d}.2019.",
    "It is the second time in {d} days.",
    "",
    "",
)
_PERSONAL = (
    "You can reach me at jo.{n}@mail.example.org.",
    "Please call me on +44 20 7946 0{m:02d}{d:02d}.",
    "My number is (415) 555-{n:04d}.",
    "The card was 4111 1111 1111 1111, valid until {m:02d}/29.",
    "Refund it to GB82 WEST 1234 5698 7654 32, please.",
    "We signed in from 10.{m}.{d}.{s}.",
)
LABELS = ("billing", "access", "delivery", "returns", "product", "other")


def interactions(count: int, size: int = 1_000, seed: int = 7) -> Iterator[Interaction]:
    """So many calls, the same ones for the same seed; their JSON has about `size` bytes each."""
    chance = random.Random(seed)
    bare = len(encode(_call(0, "", "billing", 900.5)))
    for number in range(count):
        figures = {
            "n": chance.randrange(1_000, 9_999),
            "m": chance.randrange(1, 13),
            "d": chance.randrange(1, 29),
            "h": chance.randrange(24),
            "s": chance.randrange(60),
        }
        detail = chance.choice(_PERSONAL if chance.random() < PERSONAL_SHARE else _PLAIN).format(**figures)
        parts = [chance.choice(_SENTENCES), detail]
        while sum(map(len, parts)) + bare < size:
            parts.append(chance.choice(_SENTENCES))
        yield _call(number, " ".join(parts), chance.choice(LABELS), round(chance.uniform(300, 2_000), 3))


def _call(number: int, text: str, label: str, latency_ms: float) -> Interaction:
    return Interaction(
        schema=VERSION,
        workflow=WORKFLOW,
        request_id=f"call-{number:08d}",
        occurred_at=_START + timedelta(milliseconds=137 * number),
        request=Request(
            messages=[{"role": "system", "content": _SYSTEM}, {"role": "user", "content": text}],
            params={"temperature": 0.0, "max_tokens": 8},
        ),
        response=Completion(
            text=label, finish_reason="stop", model="large-1", input_tokens=231, output_tokens=2, latency_ms=latency_ms
        ),
        tags={"channel": "web", "language": "en"},
        ground_truth=label,
    )
