"""Workflow `reply`: draft two friendly sentences. Nobody knows the right answer; production errs 4 times in 100."""

import random

from connectors.types import Request
from dashboards.demo.call import Call, chat
from dashboards.demo.grammar import Words, sentence

PRODUCTION_IS_RIGHT = 0.96
_SYSTEM = "You work in customer support. Reply to the customer in at most two friendly sentences."
_TOPICS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "late": (
        ("My {thing} is {days} days late, where is it?", "I have waited {days} days for the {thing}."),
        ("{sorry} your {thing} is late; we have asked the courier and will write to you {soon}.",),
    ),
    "broken": (
        ("The {thing} arrived broken.", "The {thing} stopped working after {days} days."),
        ("{sorry} the {thing} is faulty; we will send a new one free of charge {soon}.",),
    ),
    "thanks": (
        ("The {thing} is lovely, thank you!", "Great service, the {thing} came after {days} days."),
        ("Thank you for telling us, and enjoy the {thing}! {close}",),
    ),
    "size": (
        ("Can I swap the {thing} for a larger one?", "The {thing} is too small, what can I do?"),
        ("Of course, you can swap the {thing} within 30 days; we will send you a label {soon}. {close}",),
    ),
}
_WRONG = ("Please contact support.", "Your {thing} was delivered yesterday.", "We do not sell that.")
_WORDS: Words = {
    "thing": ("jacket", "desk lamp", "tent", "backpack", "kettle", "keyboard", "blanket", "office chair", "rain coat"),
    "days": ("two", "three", "five", "eight", "ten"),
    "sorry": ("We are sorry that", "Sorry to hear that", "Our apologies that"),
    "soon": ("today", "by tomorrow", "within one working day", "this week"),
    "close": ("Have a good day.", "Just write to us if you need anything else.", "We are happy to help."),
}


def call(rng: random.Random) -> Call:
    """One message and production's draft, about the same thing."""
    questions, answers = rng.choice(list(_TOPICS.values()))
    thing = rng.choice(_WORDS["thing"])
    words = {**_WORDS, "thing": (thing,)}
    right = rng.random() < PRODUCTION_IS_RIGHT
    return Call(
        request=Request(
            messages=chat(_SYSTEM, sentence(rng.choice(questions), words, rng)),
            params={"temperature": 0.0, "max_tokens": 40},
        ),
        answer=sentence(rng.choice(answers if right else _WRONG), words, rng),
    )
