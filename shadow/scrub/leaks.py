"""How much of planted personal data gets through: the very same scrubber, the workflow's own policy, seeded values."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from connectors.interaction import Interaction
from connectors.types import Completion, Request, ToolCall
from shadow.scrub import canaries, names
from shadow.scrub.batch import scrub_all, scrub_completions
from shadow.scrub.policy import Policy

PLANTED = 400
"""Canaries with a form; of none let through, the rate is then under 0.75 % with 95 % confidence."""
PLANTED_NAMES = 200

_TOKEN = re.compile(r"[^\W_]{2,}")
_ESCAPE = re.compile(r"\\+[bfnrtu]")
_PLACES = ("user", "system", "part", "answer", "tool call", "truth", "tag", "candidate")


class Leak(msgspec.Struct, frozen=True):
    """Of one kind: how many canaries were planted, and of how many any part was left."""

    kind: str
    is_name: bool
    planted: int
    leaked: int


class _Canary(msgspec.Struct, frozen=True):
    kind: str
    value: str
    text: str
    without: str
    place: str


def leaks(policy: Policy, seed: int, planted: int = PLANTED, planted_names: int = PLANTED_NAMES) -> list[Leak]:
    """What gets through of values of each kind that the policy promises to mask; nothing for one that masks nothing.

    A canary leaks when a word or number of its value is left, of two characters or more. One that cannot be scrubbed
    does not leak: its record is rejected.
    """
    draw = random.Random(seed)  # noqa: S311 (canaries are no secrets)
    with_forms, by_recogniser = sorted(policy.finds - names.KINDS), sorted(policy.finds & names.KINDS)
    sown = [*_sown(draw, with_forms, planted), *_sown(draw, by_recogniser, planted_names)]
    # Names are looked for last and change nothing of what has a form, and reading for them takes long.
    with_form = len(sown) - (planted_names if by_recogniser else 0)
    left = _left(sown[:with_form], msgspec.structs.replace(policy, names=False)) + _left(sown[with_form:], policy)
    total = Counter(canary.kind for canary in sown)
    leaked = Counter(canary.kind for canary, text in zip(sown, left, strict=True) if _shows(canary, text))
    return [Leak(kind, kind in names.KINDS, total[kind], leaked[kind]) for kind in sorted(total)]


def _sown(draw: random.Random, kinds: list[str], n: int) -> Iterator[_Canary]:
    for number in range(n if kinds else 0):
        kind = kinds[number % len(kinds)]
        value = canaries.VALUES[kind](draw)
        phrase, text = draw.choice(canaries.PHRASES[kind]), draw.choice(canaries.texts())
        whole, without = (text.format(phrase.format(said)) for said in (value, ""))
        yield _Canary(kind, value, whole, without, draw.choice(_PLACES))


def _left(sown: list[_Canary], policy: Policy) -> list[str]:
    """What is left of each text after the way that a captured record or an answer takes; "" when it is rejected."""
    records = scrub_all([_record(canary) for canary in sown], {"canaries": policy})
    answers = scrub_completions([_answer(canary) for canary in sown], [policy] * len(sown))
    left = []
    for record, answer in zip(records, answers, strict=True):
        stored = (
            ("" if isinstance(record, Exception) else (record.interaction.request, record.interaction.response)),
            ("" if isinstance(record, Exception) else (record.interaction.tags, record.interaction.ground_truth)),
            ("" if isinstance(answer, Exception) else answer[0]),
        )
        left.append(msgspec.json.encode(stored).decode())
    return left


def _record(canary: _Canary) -> Interaction:
    def at(place: str, otherwise: str = "ok") -> str:
        return canary.text if canary.place == place else otherwise

    system = {"role": "system", "content": at("system")}
    user = {"role": "user", "content": [{"type": "text", "text": at("part")}] if canary.place == "part" else at("user")}
    calls = [ToolCall("note", msgspec.json.encode({"text": at("tool call")}).decode())]
    return Interaction(
        schema="shadowjudge.interaction/1",
        workflow="canaries",
        request_id="canary",
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        request=Request([system, user]),
        response=Completion(text=at("answer"), tool_calls=calls),
        tags={"note": at("tag")},
        ground_truth={"note": at("truth")},
    )


def _answer(canary: _Canary) -> Completion:
    return Completion(text=canary.text if canary.place == "candidate" else "ok")


def _shows(canary: _Canary, left: str) -> bool:
    """True when a word or number of the value is left that the text had not without it."""
    more = Counter(_TOKEN.findall(_ESCAPE.sub(" ", left))) - Counter(_TOKEN.findall(canary.without))
    return any(token in more for token in _TOKEN.findall(canary.value))
