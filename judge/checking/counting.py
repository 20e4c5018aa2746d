"""Words, sentences, paragraphs and bullets of a text, as a reader would count them. Every pattern is linear."""

import re

_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_END = re.compile(r"[.?!…。？！]{1,9}[\"'”’)\]*_]{0,9}(?=\s|$)|[。？！]")
_INITIAL = re.compile(r"(?:^|[\s(])[A-Z]$")
_BULLET = re.compile(r"^[ \t]*(?:\*(?!\*)|-)[^\n]*$", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t]*\n\s*")


def words(text: str) -> int:
    """Runs of letters, digits and underscores."""
    return sum(1 for _ in _WORD.finditer(text))


def tokens(text: str) -> list[str]:
    """Words, where a hyphen or an apostrophe inside does not part them."""
    return _TOKEN.findall(text)


def sentences(text: str) -> int:
    """Stretches that end with a mark and white space behind it; the last one needs no mark.

    The full stop behind an initial ("J. Smith") ends nothing, nor does one before a small letter ("approx. half").
    """
    count, start = 0, 0
    for end in _END.finditer(text):
        if end[0] == "." and _goes_on(text, end):
            continue
        count += bool(text[start : end.start()].strip())
        start = end.end()
    return count + bool(text[start:].strip())


def paragraphs(text: str) -> list[str]:
    """The parts between blank lines."""
    return [part for part in _BLANK.split(text.strip()) if part.strip()]


def bullets(text: str) -> int:
    """Lines that begin with "*" or "-"."""
    return sum(1 for _ in _BULLET.finditer(text))


def _goes_on(text: str, end: re.Match[str]) -> bool:
    behind = text[end.end() : end.end() + 20].lstrip()[:1]
    return behind.islower() or (
        behind.isupper() and _INITIAL.search(text, max(0, end.start() - 2), end.start()) is not None
    )
