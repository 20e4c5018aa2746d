"""Workflow `order_id`: find the order's id in a message, as JSON. Production is right 99 times in 100."""

import json
import random

from connectors.types import Request
from dashboards.demo.call import Call, chat
from dashboards.demo.grammar import Words, sentence

PRODUCTION_IS_RIGHT = 0.99
_SYSTEM = "Extract the order id from the message. Answer as JSON."
_FORMAT = {
    "type": "json_schema",
    "json_schema": {
        "name": "order",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"order_id": {"type": "string"}},
            "required": ["order_id"],
            "additionalProperties": False,
        },
    },
}
_EXAMPLES = [
    ("Hi, where is my order ORD-48213? It was due on Monday.", json.dumps({"order_id": "ORD-48213"})),
    ("The lamp from order ORD-90417 came broken.", json.dumps({"order_id": "ORD-90417"})),
    ("Please cancel ORD-11538, I ordered it by mistake.", json.dumps({"order_id": "ORD-11538"})),
]
_TEMPLATES = (
    "{opening}{question} order {id}? {more}",
    "{opening}order {id} {trouble}. {more}",
    "{opening}please {wish} {id}. {more}",
    "{opening}I ordered a {thing} (order {id}) and it {trouble}.",
    "{more} My order is {id}, can you {wish} it?",
    "{opening}the {thing} in {id} {trouble}.",
)
_WORDS: Words = {
    "opening": ("", "", "Hello, ", "Hi, ", "Good evening, ", "Dear team, "),
    "question": ("when will you ship", "what happened to", "can you check", "is there news about", "who packed"),
    "trouble": (
        "has not shipped yet", "came without the invoice", "arrived damaged", "is missing a part",
        "went to my old address", "was charged twice", "is two weeks late",
    ),
    "wish": ("cancel", "hold", "resend", "change", "confirm", "expedite"),
    "thing": ("mug", "bookshelf", "rain coat", "phone case", "garden hose", "toaster", "pair of boots", "rug"),
    "more": (
        "I paid by card.", "It was a present.", "I live at 14 Elm Street.", "I wrote on 12 March already.",
        "You can reach me at mia.k@example.com.", "Thanks in advance.", "I bought 2 of them.", "It cost $34.50.",
    ),
}  # fmt: skip


def call(rng: random.Random) -> Call:
    """One message, the id in it, and the id that production found."""
    order = f"ORD-{rng.randrange(10_000, 100_000)}"
    message = sentence(rng.choice(_TEMPLATES).replace("{id}", order), _WORDS, rng)
    found = order if rng.random() < PRODUCTION_IS_RIGHT else order[:-1]
    return Call(
        request=Request(
            messages=chat(_SYSTEM, message[0].upper() + message[1:], _EXAMPLES),
            response_format=_FORMAT,
            params={"temperature": 0.0, "max_tokens": 24},
        ),
        answer=json.dumps({"order_id": found}),
        truth={"order_id": order},
    )
