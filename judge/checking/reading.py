"""What an answer states, as text, as JSON or as a label; an answer that states none is Unreadable."""

import re
import unicodedata
from typing import Any

import msgspec

from connectors.types import Completion


class Unreadable(Exception):  # noqa: N818  (a finding about an answer, not a fault of ours)
    """Why an answer cannot be compared: words that follow the name of its author, "gave no text"."""


def text_of(answer: Completion) -> str:
    """The text of an answer; raises Unreadable when there is none."""
    if answer.error is not None:
        raise Unreadable("gave no answer")
    if answer.refusal is not None:
        raise Unreadable("refused to answer")
    if answer.text is None or not answer.text.strip():
        raise Unreadable("answered with tool calls only" if answer.tool_calls else "gave no text")
    return answer.text


def json_of(text: str) -> Any:
    """The JSON value that is the whole text; raises Unreadable for anything else, also for JSON inside a code fence.

    Strict as the programs behind production are: no NaN, no comments, no trailing commas.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Unreadable("did not answer in JSON") from error
    except RecursionError as error:
        raise Unreadable("answered in JSON that is nested too deeply") from error


def folded(text: str) -> str:
    """The text without differences of Unicode form, case and white space."""
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
