"""An interaction without personal data: every string of it that is not an id."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from connectors.interaction import Interaction
from connectors.types import Completion, Request, ToolCall
from shadow.scrub.text import scrub_text, worth_a_look

# Content parts that carry a file as base64 text under one of their keys, without a data: URL.
_BINARY = {"input_audio": "data", "file": "file_data"}


class Scrubbed(msgspec.Struct, frozen=True):
    """An interaction that may be stored and sent on, and how many values of each kind were masked."""

    interaction: Interaction
    counts: Mapping[str, int]


def scrub(interaction: Interaction) -> Scrubbed:
    """The interaction with its personal data and secrets masked; ids (request, trace, span) stay.

    `subject_key` becomes a pseudonym: the same key gives the same 32 hex digits.
    Raises ValueError when it nests too deeply; the record is then to be rejected, never stored as it is.
    """
    counts: Counter[str] = Counter()
    try:
        request = Request(
            **{name: _value(getattr(interaction.request, name), "", counts) for name in Request.__struct_fields__}
        )
        clean = msgspec.structs.replace(
            pseudonymous(interaction),
            request=request,
            response=_completion(interaction.response, counts),
            tags=_value(interaction.tags, "", counts),
            ground_truth=_truth(interaction.ground_truth, counts),
        )
    except RecursionError as error:
        raise ValueError("the interaction is nested too deeply to be scrubbed") from error
    return Scrubbed(clean, counts)


def pseudonymous(interaction: Interaction) -> Interaction:
    """The interaction with a pseudonym for its `subject_key`, and nothing else changed."""
    if not interaction.subject_key:
        return interaction
    return msgspec.structs.replace(interaction, subject_key=pseudonym(interaction.subject_key))


def scrub_completion(completion: Completion) -> tuple[Completion, Counter[str]]:
    """A model's answer masked like production's, and how many values of each kind; raises as `scrub` does."""
    counts: Counter[str] = Counter()
    return _completion(completion, counts), counts


def _completion(completion: Completion, counts: Counter[str]) -> Completion:
    return msgspec.structs.replace(
        completion,
        text=_optional(completion.text, counts),
        refusal=_optional(completion.refusal, counts),
        error=_optional(completion.error, counts),
        tool_calls=[
            ToolCall(_text(call.name, "", counts), _text(call.arguments, "", counts), call.id)
            for call in completion.tool_calls
        ],
    )


def _value(value: Any, label: str, counts: Counter[str]) -> Any:
    """A JSON value with its strings masked, those of keys too; `label` is the key it lies under."""
    if isinstance(value, str):
        return _text(value, label, counts)
    if isinstance(value, list):
        return [_value(item, label, counts) for item in value]
    if isinstance(value, dict):
        if (binary := _BINARY.get(str(value.get("type")))) and isinstance(value.get(value["type"]), dict):
            value = {**value, value["type"]: _without_binary(value[value["type"]], binary, counts)}
        clean: dict[str, Any] = {}
        for key, item in value.items():
            clean[_free(_text(key, "", counts), clean)] = _value(item, key, counts)
        return clean
    return value


def _text(text: str, label: str, counts: Counter[str]) -> str:
    if not worth_a_look(text):
        return text
    clean, found = scrub_text(text, label)
    if found:
        counts.update(found)
    return clean


def _optional(text: str | None, counts: Counter[str]) -> str | None:
    return None if text is None else _text(text, "", counts)


def _without_binary(part: dict[str, Any], key: str, counts: Counter[str]) -> dict[str, Any]:
    if not isinstance(part.get(key), str) or part[key] == "<DATA>":
        return part
    counts["data"] += 1
    return {**part, key: "<DATA>"}


def _free(key: str, taken: dict[str, Any]) -> str:
    """The key, or the key with a number, when two keys have the same mask."""
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key} {number}"
    return free


def _truth(truth: Any, counts: Counter[str]) -> Any:
    """The ground truth masked as JSON, since a card may be a number in it."""
    clean, found = scrub_text(msgspec.json.encode([truth]).decode())
    counts.update(found)
    return msgspec.json.decode(clean)[0] if found else truth


def pseudonym(subject_key: str) -> str:
    """What a subject key is stored as: 32 hex digits."""
    return hashlib.blake2b(subject_key.encode(), digest_size=16).hexdigest()
