"""What an answer quotes that can be looked up in the context it was given: numbers, dates, addresses, names.

A lookup of words, not a proof: a sentence may use only words of the context and be false, or none of them and be true.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from judge.checking.fields import day
from judge.checking.numbers import numbers_in
from judge.checking.reading import folded

Thing = Literal["number", "date", "url", "name"]
_URL = re.compile(r"https?://[^\s<>\"'`)\]}]+|\bwww\.[^\s<>\"'`)\]}]+")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_DATE = re.compile(
    rf"\b(?:\d{{4}}-\d\d?-\d\d?|\d\d?[./]\d\d?[./]\d{{2,4}}|\d\d?(?:st|nd|rd|th)? {_MONTH}\.?,? \d{{4}}"
    rf"|{_MONTH}\.? \d\d?(?:st|nd|rd|th)?,? \d{{4}})\b",
    re.IGNORECASE,
)
_MARKER = re.compile(r"(?m)^[ \t]*\d{1,3}[.)](?=\s)|\[\d{1,3}\]")
_NAME = re.compile(r"[^\W\d_][\w'’-]*(?: [^\W\d_][\w'’-]*)*")
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_STOPS = frozenset('.!?:;\n•*#>-"“(|')
_NEVER_NAMES = frozenset(("i", "i'm", "i’m", "i'll", "i’ll", "i've", "i’ve", "i'd", "i’d", "ok"))
_SHORT = 3


class Missing(NamedTuple):
    """Something an answer quotes and the context does not hold."""

    thing: Thing
    written: str


def context_of(messages: Sequence[dict[str, Any]], roles: Sequence[str]) -> str:
    """The text of the messages with these roles, those of content parts included."""
    parts: list[str] = []
    for message in messages:
        if message.get("role") not in roles:
            continue
        content = message.get("content")
        if isinstance(content, str):
            parts.append(content)
        elif isinstance(content, list):
            parts += [str(each["text"]) for each in content if isinstance(each, dict) and "text" in each]
    return "\n".join(parts)


def missing(answer: str, context: str, things: Sequence[Thing]) -> Iterator[Missing]:
    """What the answer quotes, of these kinds, and the context does not hold; each once."""
    urls, answer_left = _taken(_URL, answer)
    context_urls, context_left = _taken(_URL, context)
    dates, answer_left = _taken(_DATE, answer_left)
    context_dates, numbers_left = _taken(_DATE, context_left)
    if "url" in things:
        held = {_address(each) for each in context_urls}
        yield from (Missing("url", each) for each in dict.fromkeys(urls) if _address(each) not in held)
    if "date" in things:
        known = {found for each in context_dates for found in _days(each)}
        text = folded(context)
        for each in dict.fromkeys(dates):
            if folded(each) not in text and not known & set(_days(each)):
                yield Missing("date", each)
    if "number" in things:
        values = {number.value for number in numbers_in(numbers_left)}
        values |= {abs(value) for value in values}
        for number in dict.fromkeys(numbers_in(_MARKER.sub(" ", answer_left))):
            if number.value not in values:
                yield Missing("number", number.written)
    if "name" in things:
        words = {folded(word) for word in _WORD.findall(context_left)}
        yield from (Missing("name", name) for name in dict.fromkeys(_names(answer_left)) if _unknown(name, words))


def support(answer: str, context: str) -> float:
    """The share, 0..1, of the answer's different words of more than three letters that the context holds as well."""
    said = {word for word in map(folded, _WORD.findall(answer)) if len(word) > _SHORT}
    if not said:
        return 1.0
    held = {folded(word) for word in _WORD.findall(context)}
    return len(said & held) / len(said)


def _taken(pattern: re.Pattern[str], text: str) -> tuple[list[str], str]:
    """What matches, and the text without it."""
    return [match.rstrip(".,;:!?") for match in pattern.findall(text)], pattern.sub(" ", text)


def _address(url: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", url.casefold()).rstrip("/")


def _days(written: str) -> list[Any]:
    """The day a date names; both of them where day and month may stand in either order."""
    return [found for found in (day(written, False), day(written, True)) if found is not None]


def _names(text: str) -> Iterator[str]:
    """Words that begin with a capital inside a sentence, those beside each other together."""
    for match in _NAME.finditer(text):
        words = match[0].split(" ")
        opens = _opens_sentence(text, match.start())
        run: list[str] = []
        for index, word in enumerate([*words, ""]):
            if word[:1].isupper() and folded(word) not in _NEVER_NAMES and not (index == 0 and opens):
                run.append(word)
            elif run:
                yield " ".join(run)
                run = []


def _opens_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 8) : start].rstrip(" \t")
    return not before.strip() or before[-1] in _STOPS


def _unknown(name: str, words: set[str]) -> bool:
    parts = [folded(part).removesuffix("'s").removesuffix("’s") for part in name.split(" ")]
    return not all(part in words or any(piece in words for piece in part.split("-")) for part in parts)
