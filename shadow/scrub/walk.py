"""An interaction without personal data: every string of it that is not an id."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from connectors.interaction import Interaction
from connectors.types import Completion, Request, ToolCall
from shadow.scrub.policy import MASKED, Policy
from shadow.scrub.text import scrub_text, worth_a_look

# Content parts that carry a file as base64 text under one of their keys, without a data: URL.
_BINARY = {"input_audio": "data", "file": "file_data"}


class Scrubbed(msgspec.Struct, frozen=True):
    """An interaction that may be stored and sent on, and how many values of each kind were masked."""

    interaction: Interaction
    counts: Mapping[str, int]


def scrub(interaction: Interaction, policy: Policy = MASKED) -> Scrubbed:
    """The interaction with its personal data and secrets masked; ids (request, trace, span) stay.

    `subject_key` becomes a pseudonym: the same key gives the same 32 hex digits.
    Raises ValueError when it nests too deeply; the record is then to be rejected, never stored as it is.
    """
    named = pseudonymous(interaction, policy)
    if policy.mode == "full":
        return Scrubbed(named, {})
    walk = _Walk(policy)
    try:
        request = Request(
            **{name: walk.value(getattr(interaction.request, name), "") for name in Request.__struct_fields__}
        )
        clean = msgspec.structs.replace(
            named,
            request=request,
            response=walk.completion(interaction.response),
            tags=walk.value(interaction.tags, ""),
            ground_truth=walk.truth(interaction.ground_truth),
        )
    except RecursionError as error:
        raise ValueError("the interaction is nested too deeply to be scrubbed") from error
    return Scrubbed(clean, walk.counts)


def pseudonymous(interaction: Interaction, policy: Policy = MASKED) -> Interaction:
    """The interaction with a pseudonym for its `subject_key`, and nothing else changed."""
    if not interaction.subject_key:
        return interaction
    return msgspec.structs.replace(interaction, subject_key=policy.subject(interaction.subject_key))


def scrub_completion(completion: Completion, policy: Policy = MASKED) -> tuple[Completion, Counter[str]]:
    """A model's answer masked like production's, and how many values of each kind; raises as `scrub` does."""
    if policy.mode == "full":
        return completion, Counter()
    walk = _Walk(policy)
    return walk.completion(completion), walk.counts


class _Walk:
    """One way through an interaction or an answer, counting what is masked."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.counts: Counter[str] = Counter()

    def completion(self, completion: Completion) -> Completion:
        return msgspec.structs.replace(
            completion,
            text=self._optional(completion.text),
            refusal=self._optional(completion.refusal),
            error=self._optional(completion.error),
            tool_calls=[
                ToolCall(self._text(call.name, ""), self._text(call.arguments, ""), call.id)
                for call in completion.tool_calls
            ],
        )

    def value(self, value: Any, label: str) -> Any:
        """A JSON value with its strings masked, those of keys too; `label` is the key it lies under."""
        if isinstance(value, str):
            return self._text(value, label)
        if isinstance(value, list):
            return [self.value(item, label) for item in value]
        if isinstance(value, dict):
            if (binary := _BINARY.get(str(value.get("type")))) and isinstance(value.get(value["type"]), dict):
                value = {**value, value["type"]: self._without_binary(value[value["type"]], binary)}
            clean: dict[str, Any] = {}
            for key, item in value.items():
                clean[_free(self._text(key, ""), clean)] = self.value(item, key)
            return clean
        return value

    def truth(self, truth: Any) -> Any:
        """The ground truth masked as JSON, since a card may be a number in it."""
        if truth is None:
            return None
        clean, found = scrub_text(msgspec.json.encode([truth]).decode(), policy=self._policy)
        self.counts.update(found)
        return msgspec.json.decode(clean)[0] if found else truth

    def _text(self, text: str, label: str) -> str:
        if not (self._policy.names or worth_a_look(text)):
            return text
        clean, found = scrub_text(text, label, self._policy)
        self.counts.update(found)
        return clean

    def _optional(self, text: str | None) -> str | None:
        return None if text is None else self._text(text, "")

    def _without_binary(self, part: dict[str, Any], key: str) -> dict[str, Any]:
        if not isinstance(part.get(key), str) or part[key] == "<DATA>" or "data" in self._policy.keep:
            return part
        self.counts["data"] += 1
        return {**part, key: "<DATA>"}


def _free(key: str, taken: dict[str, Any]) -> str:
    """The key, or the key with a number, when two keys have the same mask."""
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key} {number}"
    return free


def pseudonym(subject_key: str) -> str:
    """What a subject key is stored as where no key is configured: 32 hex digits."""
    return MASKED.subject(subject_key)
