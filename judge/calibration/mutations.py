"""Ways to spoil a good answer, so that it is known what a judge should find. Pure, and the same for the same pair.

A judge that misses these would miss subtler ones too: what it catches bounds its sensitivity from above. Real defects
are not made by these rules, so a mutation is never a label.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from types import MappingProxyType
from typing import Any

import msgspec

from connectors.types import Completion, ToolCall

Mutation = Callable[[Completion, Sequence[Completion], Random], Completion | None]
_NEGATION = re.compile(r"\b(?:not|never|no longer|neither)\s+|n't\b|\bcannot\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?!\w)")
_NAME = re.compile(r"(?<=[a-z,;:] )[A-Z][\w'-]+(?: [A-Z][\w'-]+)*")
_SHORT = 40


def dropped_negation(answer: Completion, others: Sequence[Completion], chance: Random) -> Completion | None:
    """The answer without one "not"."""
    found = list(_NEGATION.finditer(answer.text or ""))
    if not found:
        return None
    cut = chance.choice(found)
    return _with_text(answer, cut.start(), cut.end(), "can" if cut[0].lower() == "cannot" else "")


def changed_number(answer: Completion, others: Sequence[Completion], chance: Random) -> Completion | None:
    """The answer with another digit in one of its numbers."""
    found = list(_NUMBER.finditer(answer.text or ""))
    if not found:
        return None
    number = chance.choice(found)
    place = chance.choice([i for i, digit in enumerate(number[0]) if digit.isdigit()])
    digit = str((int(number[0][place]) + chance.randrange(1, 9)) % 10)
    if place == 0 and digit == "0":
        digit = "5" if number[0][0] != "5" else "4"
    return _with_text(answer, number.start() + place, number.start() + place + 1, digit)


def swapped_entity(answer: Completion, others: Sequence[Completion], chance: Random) -> Completion | None:
    """The answer with one name replaced by a name from another answer, or from elsewhere in this one."""
    found = list(_NAME.finditer(answer.text or ""))
    if not found:
        return None
    name = chance.choice(found)
    known = {each for other in (answer, *others) for each in _NAME.findall(other.text or "")} - {name[0]}
    return _with_text(answer, name.start(), name.end(), chance.choice(sorted(known))) if known else None


def wrong_label(answer: Completion, others: Sequence[Completion], chance: Random) -> Completion | None:
    """Another short answer that the workflow has given, where this one is short too."""
    text = (answer.text or "").strip()
    labels = {(other.text or "").strip() for other in others} - {text, ""}
    known = sorted(label for label in labels if len(label) <= _SHORT and not label.startswith(("{", "[")))
    if not text or len(text) > _SHORT or text.startswith(("{", "[")) or not known:
        return None
    return msgspec.structs.replace(answer, text=chance.choice(known))


def truncated(answer: Completion, others: Sequence[Completion], chance: Random) -> Completion | None:
    """The first half of the words, where there are at least eight."""
    words = (answer.text or "").split(" ")
    if len(words) < 8:
        return None
    return msgspec.structs.replace(answer, text=" ".join(words[: len(words) // 2]))


def dropped_tool_call(answer: Completion, others: Sequence[Completion], chance: Random) -> Completion | None:
    """The answer without one of its tool calls."""
    calls = list(answer.tool_calls)
    if not calls:
        return None
    calls.pop(chance.randrange(len(calls)))
    return msgspec.structs.replace(answer, tool_calls=calls)


def dropped_argument(answer: Completion, others: Sequence[Completion], chance: Random) -> Completion | None:
    """The answer with one argument of a tool call left out."""
    return _with_arguments(answer, chance, lambda arguments, key: {k: v for k, v in arguments.items() if k != key})


def changed_argument(answer: Completion, others: Sequence[Completion], chance: Random) -> Completion | None:
    """The answer with another value in one argument of a tool call."""
    return _with_arguments(answer, chance, lambda arguments, key: {**arguments, key: _other(arguments[key])})


MUTATIONS: Mapping[str, Mutation] = MappingProxyType(
    {
        each.__name__: each
        for each in (
            dropped_negation, changed_number, swapped_entity, wrong_label, truncated, dropped_tool_call,
            dropped_argument, changed_argument,
        )
    }
)  # fmt: skip


def applicable(answer: Completion, others: Sequence[Completion], seed: str) -> dict[str, Completion]:
    """The spoilt answers that can be made of this one, by mutation; the same for the same seed."""
    made = {name: mutate(answer, others, Random(f"{seed}/{name}")) for name, mutate in MUTATIONS.items()}  # noqa: S311
    return {name: spoilt for name, spoilt in made.items() if spoilt is not None and spoilt != answer}


def _with_text(answer: Completion, start: int, end: int, instead: str) -> Completion:
    text = answer.text or ""
    return msgspec.structs.replace(answer, text=text[:start] + instead + text[end:])


def _with_arguments(
    answer: Completion, chance: Random, change: Callable[[dict[str, Any], str], dict[str, Any]]
) -> Completion | None:
    """The answer with one readable, non-empty set of arguments changed at one key."""
    places = [(i, arguments) for i, call in enumerate(answer.tool_calls) if (arguments := _arguments(call))]
    if not places:
        return None
    i, arguments = chance.choice(places)
    calls = list(answer.tool_calls)
    changed = change(arguments, chance.choice(sorted(arguments)))
    calls[i] = msgspec.structs.replace(calls[i], arguments=json.dumps(changed))
    return msgspec.structs.replace(answer, tool_calls=calls)


def _arguments(call: ToolCall) -> dict[str, Any] | None:
    try:
        found = json.loads(call.arguments)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str() if value:
            return value[::-1] if value != value[::-1] else f"{value} 2"
        case list() if value:
            return value[:-1]
        case _:
            return "other"
