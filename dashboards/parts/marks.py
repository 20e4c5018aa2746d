"""What differs between two answers: word by word in prose, field by field in JSON."""

import re
from typing import Any

import msgspec
from rapidfuzz.distance import LCSseq

MAX_TOKENS = 4000
MAX_FIELDS = 200
_TOKENS = re.compile(r"\w+|\s+|[^\w\s]")


class Span(msgspec.Struct, frozen=True):
    """A piece of one answer; `differs` when the other answer has not got it here."""

    text: str
    differs: bool


class Field(msgspec.Struct, frozen=True):
    """One JSON field of both answers as JSON text; None where an answer has not got the field."""

    path: str
    left: str | None
    right: str | None

    @property
    def differs(self) -> bool:
        return self.left != self.right


def words(left: str, right: str) -> tuple[list[Span], list[Span]] | None:
    """The spans of both answers, which join to the answers themselves; None when they are too long to compare."""
    ours, theirs = _TOKENS.findall(left), _TOKENS.findall(right)
    if max(len(ours), len(theirs)) > MAX_TOKENS:
        return None
    in_both: tuple[set[int], set[int]] = (set(), set())
    for block in LCSseq.opcodes(ours, theirs):
        if block.tag == "equal":
            in_both[0].update(range(block.src_start, block.src_end))
            in_both[1].update(range(block.dest_start, block.dest_end))
    return _spans(ours, in_both[0]), _spans(theirs, in_both[1])


def fields(left: str, right: str) -> list[Field] | None:
    """The fields of two JSON objects or arrays, in the order in which they are met.

    None when either is not one, or when there are more fields than a person reads.
    """
    ours, theirs = _flat(left), _flat(right)
    if ours is None or theirs is None:
        return None
    paths = list(dict.fromkeys([*ours, *theirs]))
    if len(paths) > MAX_FIELDS:
        return None
    return [Field(path, ours.get(path), theirs.get(path)) for path in paths]


def _spans(tokens: list[str], in_both: set[int]) -> list[Span]:
    """Tokens joined into spans; white space between two differences belongs to them."""
    differs = [index not in in_both for index in range(len(tokens))]
    for index in range(1, len(tokens) - 1):
        if tokens[index].isspace() and differs[index - 1] and index + 1 not in in_both:
            differs[index] = True
    spans: list[Span] = []
    for token, different in zip(tokens, differs, strict=True):
        if spans and spans[-1].differs == different:
            spans[-1] = Span(spans[-1].text + token, different)
        else:
            spans.append(Span(token, different))
    return spans


def _flat(text: str) -> dict[str, str] | None:
    try:
        value = msgspec.json.decode(text)
        return _leaves("", value) if isinstance(value, dict | list) and value else None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _leaves(path: str, value: Any) -> dict[str, str]:
    if isinstance(value, dict) and value:
        parts = [(f"{path}.{_key(key)}" if path else _key(key), item) for key, item in value.items()]
    elif isinstance(value, list) and value:
        parts = [(f"{path}[{index}]", item) for index, item in enumerate(value)]
    else:
        return {path: msgspec.json.encode(value).decode()}
    return {name: leaf for place, item in parts for name, leaf in _leaves(place, item).items()}


def _key(key: str) -> str:
    """A key as a path shows it: quoted unless it is a plain word, so that no two fields share a path."""
    return key if re.fullmatch(r"\w+", key) else msgspec.json.encode(key).decode()
