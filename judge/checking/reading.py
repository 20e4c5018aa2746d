"""What an answer states, as text, as JSON or as a label; an answer that states none is Unreadable."""

import functools
import re
import unicodedata
from typing import Any

import msgspec

from connectors.types import Completion


class Unreadable(Exception):  # noqa: N818  (a finding about an answer, not a fault of ours)
    """Why an answer cannot be compared: words that follow the name of its author, "gave no text"."""


LONGEST = 1_000_000
"""The most characters of an answer, or of a request's context, that a check reads: several times what models write."""


def bounded(text: str) -> str:
    """The text itself; raises Unreadable when it is too long for a check to read in bounded time."""
    if len(text) > LONGEST:
        raise Unreadable(f"wrote {len(text)} characters, more than the {LONGEST} that a check reads")
    return text


def text_of(answer: Completion) -> str:
    """The text of an answer; raises Unreadable when there is none, or far too much of it."""
    if answer.error is not None:
        raise Unreadable("gave no answer")
    if answer.refusal is not None:
        raise Unreadable("refused to answer")
    if answer.text is None or not answer.text.strip():
        raise Unreadable("answered with tool calls only" if answer.tool_calls else "gave no text")
    return answer.text if len(answer.text) <= LONGEST else bounded(answer.text)


def said_by(answer: Completion) -> list[str]:
    """Everything an answer says, refusals and the arguments of tool calls too; raises Unreadable as `bounded` does."""
    said = [answer.text or "", answer.refusal or "", *(call.arguments for call in answer.tool_calls)]
    return [bounded(text) for text in said]


def json_of(text: str) -> Any:
    """The JSON value that is the whole text; raises Unreadable for anything else, also for JSON inside a code fence.

    Strict as the programs behind production are: no NaN, no comments, no trailing commas. Whoever asks for the same
    text again gets the same value, so nobody may change it.
    """
    value, why_not = _decoded(text)
    if why_not:
        raise Unreadable(why_not)
    return value


@functools.lru_cache(maxsize=8)  # the checks of a pair read the same two answers
def _decoded(text: str) -> tuple[Any, str]:
    try:
        return msgspec.json.decode(text), ""
    except (msgspec.DecodeError, UnicodeError):
        return None, "did not answer in JSON"
    except RecursionError:
        return None, "answered in JSON that is nested too deeply"


def truth_at(ground_truth: Any, field: str | None) -> Any:
    """The part of the ground truth that a check needs: a field of it, or the only value of an object, or all of it.

    Raises Unreadable when it lacks the field, or when it has several and none is named.
    """
    if not isinstance(ground_truth, dict):
        return ground_truth
    if field is None and len(ground_truth) == 1:
        return next(iter(ground_truth.values()))
    if field is None or field not in ground_truth:
        raise Unreadable(f"gave no ground truth under {field!r}" if field else "gave a ground truth of several fields")
    return ground_truth[field]


def unfenced(text: str) -> str:
    """The text inside one code fence that is all of it; any other text as it is, without white space around it."""
    text = text.strip()
    if not (text.startswith("```") and text.endswith("```") and len(text) >= 6):
        return text
    inner = text[3:-3]
    name, newline, rest = inner.partition("\n")
    return (rest if newline and name.strip().isalnum() else inner).strip()


def folded(text: str) -> str:
    """The text without differences of Unicode form, case and white space."""
    if text.isascii():
        return " ".join(text.lower().split())
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def unpunctuated(text: str) -> str:
    """The folded text without punctuation and invisible characters, except where they carry meaning.

    Marks inside a number stay, 1.5 is not 15 and -5 is not 5, and so do the characters in `_MEANING`.
    """
    parts = _NUMBER.split(folded(text))
    return " ".join("".join(part if i % 2 else _without_marks(part) for i, part in enumerate(parts)).split())


_NUMBER = re.compile(r"((?<![\w.,-])[-+]?[.,]?\d+(?:[.,:/-]\d+)*)")
_MEANING = frozenset("%#@&/\\")


def _without_marks(text: str) -> str:
    return "".join(_mark(char) if char not in _MEANING else char for char in text)


def _mark(char: str) -> str:
    """A space for punctuation, nothing for what cannot be seen, else the character."""
    kind = unicodedata.category(char)[0]
    return " " if kind == "P" else "" if kind == "C" else char
