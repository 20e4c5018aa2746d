"""A chat request as a model in this process takes it: sampling parameters, JSON Schema, messages as text. Pure."""

from typing import Any

import msgspec

from connectors import chat
from connectors.types import Request


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """The request parameters that llama.cpp can be given; what a request leaves out is as in OpenAI's API."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    typical_p: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    repeat_penalty: float = 1.0
    max_tokens: int
    seed: int
    stop: str | list[str] = []


def sampling_of(request: Request, params: dict[str, Any], max_tokens: int, seed: int) -> tuple[Sampling, list[str]]:
    """The sampling parameters of a call, and the names of those of the request that llama.cpp cannot be given.

    `params` are the candidate's own and win; `max_tokens` and `seed` are for a request that names none.
    Raises ValueError for a value of the wrong type.
    """
    given = {**request.params, **params}
    for theirs, ours in (("max_completion_tokens", "max_tokens"), ("repetition_penalty", "repeat_penalty")):
        if theirs in given:
            given.setdefault(ours, given.pop(theirs))
    known = {name: value for name, value in given.items() if name in Sampling.__struct_fields__ and value is not None}
    dropped = sorted(set(given) - set(Sampling.__struct_fields__) - chat.PRODUCTIONS_OWN)
    dropped += [name for name in ("tools", "tool_choice") if getattr(request, name)]
    values = {"max_tokens": max_tokens, "seed": seed, **known}
    try:
        return msgspec.convert(values, Sampling), dropped
    except msgspec.ValidationError as error:
        raise ValueError(f"a request parameter is not usable: {error}") from error


def wanted_schema(response_format: dict[str, Any] | None) -> dict[str, Any] | None:
    """The JSON Schema that an answer must hold, or None for free text."""
    match response_format:
        case None | {"type": "text"}:
            return None
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            return schema
        case {"type": "json_object"}:
            return {"type": "object"}
        case _:
            raise ValueError("response_format is none of text, json_object and json_schema")


def plain(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages with their content as one text, which is all that a chat template reads.

    Raises ValueError for a part that is no text.
    """
    return [{**message, "content": _text(message.get("content"))} for message in messages]


def _text(content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if not all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in content):
        raise ValueError("a message has a part that is no text")
    return "".join(part["text"] for part in content)
