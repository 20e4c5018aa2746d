"""OpenAI's chat API as data: a request to a body, a body to a completion. Pure, and knows no client."""

import math
import re
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from connectors.types import Completion, Count, Request, ToolCall

# What steers the answer, by OpenAI's names and by those that vLLM, llama.cpp and Ollama add.
SAMPLING = frozenset(
    {
        "temperature", "top_p", "top_k", "min_p", "typical_p", "max_tokens", "max_completion_tokens", "min_tokens",
        "seed", "stop", "frequency_penalty", "presence_penalty", "repetition_penalty", "repeat_penalty", "logit_bias",
        "parallel_tool_calls", "reasoning_effort", "verbosity",
    }
)  # fmt: skip
# What belongs to production's own call and leaves the first answer as it is: not sent, and no loss.
PRODUCTIONS_OWN = frozenset(
    {
        "model", "n", "user", "stream", "stream_options", "logprobs", "top_logprobs", "metadata", "store",
        "service_tier", "prompt_cache_key", "safety_identifier", "timeout",
    }
)  # fmt: skip
_NEVER_DROPPED = frozenset({"model", "messages", "tools", "stream"})
_REFUSAL = re.compile(r"unsupported|unrecogni[sz]ed|unknown|unexpected|not support|not permitted|not allowed", re.I)


class _Function(msgspec.Struct, frozen=True):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(msgspec.Struct, frozen=True):
    function: _Function
    id: str | None = None
    index: int = 0


class _Message(msgspec.Struct, frozen=True):
    content: str | None = None
    tool_calls: list[_ToolCall] | None = None
    refusal: str | None = None


class _TokenLogprob(msgspec.Struct, frozen=True):
    logprob: float


class _Logprobs(msgspec.Struct, frozen=True):
    content: list[_TokenLogprob] | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Message | None = None
    delta: _Message | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _InputDetails(msgspec.Struct, frozen=True):
    cached_tokens: Count | None = None


class _Usage(msgspec.Struct, frozen=True):
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    prompt_tokens_details: _InputDetails | None = None


class _Body(msgspec.Struct, frozen=True):
    choices: list[_Choice] | None = None
    model: str | None = None
    usage: _Usage | None = None
    error: Any = None


def to_body(request: Request, params: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The fields of a chat call except `model`, and the names of the request's parameters that it leaves out.

    `params` are the candidate's own and win over the request's.
    """
    body: dict[str, Any] = {"messages": request.messages}
    for name in ("tools", "tool_choice", "response_format"):
        if (value := getattr(request, name)) is not None:
            body[name] = value
    body |= {name: value for name, value in request.params.items() if name in SAMPLING and value is not None}
    dropped = sorted(set(request.params) - SAMPLING - PRODUCTIONS_OWN - set(params))
    return body | params, dropped


def refused_param(message: str, param: str | None, sent: Collection[str]) -> str | None:
    """The sent field that a 400 refuses, by its `param` or its message; None when it refuses something else.

    Messages, tools and model are never named: without them it would be another request.
    """
    if "response_format" in sent and (param or "").startswith("response_format"):
        return "response_format"
    if "response_format" in sent and re.search(r"response_format|json_schema|json_object", message):
        return "response_format"  # whatever the words: of a wrong type, an unusable schema, a backend without grammars
    if not _REFUSAL.search(message):
        return None
    optional = set(sent) - _NEVER_DROPPED
    if param in optional:
        return param
    named = [name for name in sorted(optional) if re.search(rf"\b{re.escape(name)}\b", message)]
    return named[0] if named else None


def looser_formats(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What to ask of a server that refuses a JSON Schema: the schema as llama-cpp-python takes it, then any JSON.

    Empty when the request asks for no schema. Servers take `json_object` only where the messages speak of JSON, so that
    the model knows what is wanted.
    """
    match body.get("response_format"):
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            asked_in_words = "json" in msgspec.json.encode(body["messages"]).decode().casefold()
            plain = {"type": "json_object"}
            return [{**plain, "schema": schema}, plain] if asked_in_words else []
        case _:
            return []


def read_body(body: bytes) -> Completion:
    """The completion in the body of an answer, its latency unset.

    Raises ValueError with a sentence when the body is not a chat completion or offers no choice.
    """
    try:
        read = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"the server's answer is not a chat completion: {error}") from error
    if not read.choices or read.choices[0].message is None:
        raise ValueError(f"the server's answer offers no choice{_reason(read.error)}")
    choice, message = read.choices[0], read.choices[0].message
    return Completion(
        text=message.content,
        tool_calls=[_call([call]) for call in message.tool_calls or []],
        finish_reason=choice.finish_reason,
        refusal=message.refusal,
        model=read.model,
        input_tokens=read.usage.prompt_tokens if read.usage else None,
        output_tokens=read.usage.completion_tokens if read.usage else None,
        cached_tokens=_cached(read.usage),
        confidence=_confidence([choice]),
    )


def read_chunks(chunks: Sequence[dict[str, Any]]) -> Completion:
    """The completion that a stream's chunks add up to, its latency unset.

    Raises ValueError with a sentence when a chunk is none, or the stream ends before the answer does.
    """
    try:
        read = msgspec.convert(list(chunks), type=list[_Body])
    except msgspec.ValidationError as error:
        raise ValueError(f"the server's stream is not a chat completion: {error}") from error
    choices = [chunk.choices[0] for chunk in read if chunk.choices]
    finish_reason = next((choice.finish_reason for choice in choices if choice.finish_reason), None)
    if finish_reason is None:
        raise ValueError("the server's stream ended before the answer did")
    deltas = [choice.delta for choice in choices if choice.delta is not None]
    parts: dict[int, list[_ToolCall]] = {}
    for call in (call for delta in deltas for call in delta.tool_calls or []):
        parts.setdefault(call.index, []).append(call)
    usage = next((chunk.usage for chunk in reversed(read) if chunk.usage), _Usage())
    return Completion(
        text=_joined([delta.content for delta in deltas]),
        tool_calls=[_call(parts[index]) for index in sorted(parts)],
        finish_reason=finish_reason,
        refusal=_joined([delta.refusal for delta in deltas]),
        model=next((chunk.model for chunk in read if chunk.model), None),
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        cached_tokens=_cached(usage),
        confidence=_confidence(choices),
    )


def has_answer(chunk: dict[str, Any]) -> bool:
    """True when a stream's chunk carries a piece of the answer, and not only its frame."""
    choices = chunk.get("choices") or [{}]
    delta = choices[0].get("delta") or {}
    return any(delta.get(name) for name in ("content", "tool_calls", "refusal"))


def mean_probability(logprobs: Sequence[float]) -> float | None:
    """The geometric mean of the tokens' probabilities, 0..1; None without tokens."""
    return min(1.0, math.exp(sum(logprobs) / len(logprobs))) if logprobs else None


def _confidence(choices: Sequence[_Choice]) -> float | None:
    given = [choice.logprobs.content or [] for choice in choices if choice.logprobs]
    return mean_probability([token.logprob for tokens in given for token in tokens])


def _cached(usage: _Usage | None) -> int | None:
    details = usage.prompt_tokens_details if usage else None
    return details.cached_tokens if details else None


def _call(parts: Sequence[_ToolCall]) -> ToolCall:
    """One tool call from its pieces; a call that is not streamed has one."""
    return ToolCall(
        name="".join(part.function.name or "" for part in parts),
        arguments="".join(part.function.arguments or "" for part in parts),
        id=next((part.id for part in parts if part.id), None),
    )


def _joined(pieces: Sequence[str | None]) -> str | None:
    """The pieces as one text; None when there is none, or none with anything in it."""
    return "".join(piece or "" for piece in pieces) or None


def _reason(error: Any) -> str:
    message = error.get("message") if isinstance(error, dict) else error
    return f": {str(message)[:200]}" if message else ""
