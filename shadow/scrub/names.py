"""Names of people, organisations and places, addresses, full dates, ages: found by the recogniser and by forms."""

import functools
import re
from collections.abc import Sequence

from shadow.scrub.addresses import forms, with_code
from shadow.scrub.recogniser import Entity, entities

KINDS = frozenset({"person", "organization", "location", "address", "date", "age", "license", "url"})
"""What is masked beside the kinds of `rules.py` when a workflow asks for names."""

REMEMBERED = 4096
"""Texts whose names are remembered: the same instructions stand in every request."""

LONGEST = 20_000
"""Characters that are read at once; a longer text is read piece by piece."""

_MASK = re.compile(r"<[A-Z]+(?: [a-p]{10})?>")
_LETTER = re.compile(r"[^\W\d_]")
_ONE_SPACE = re.compile(r"[ \t]{0,2}-?")
_BETWEEN_PARTS = re.compile(r"[\s,.]{0,4}")
_PLACED = {"address", "location", "number"}
_EDGE = " \t\n\r.,:;!?\"'()[]{}<>|*_`~"
_NO_NAME = frozenset({"ssn", "iban", "ip", "atm", "pin", "id", "i", "card", "email", "phone", "json", "api", "url"})


def names_in(text: str) -> list[Entity]:
    """The names in a text, in order and apart from each other; none within a mask."""
    return list(_remembered(text)) if len(text) <= LONGEST else _in_pieces(text)


@functools.lru_cache(maxsize=REMEMBERED)
def _remembered(text: str) -> tuple[Entity, ...]:
    if not _LETTER.search(text):
        return ()
    named = [trimmed for each in entities([text])[0] if (trimmed := _trimmed(text, each))]
    placed = [with_code(text, each) if each.kind == "location" else each for each in named]
    return tuple(_apart(text, [*placed, *forms(text)]))


def _in_pieces(text: str) -> list[Entity]:
    """The names in a text that is too long to be read at once; it is cut where lines or sentences end, if any do."""
    found: list[Entity] = []
    start = 0
    while start < len(text):
        end = min(len(text), start + LONGEST)
        if end < len(text):
            cut = max(text.rfind("\n", start, end), text.rfind(" ", start, end))
            end = cut + 1 if cut > start else end
        found += [Entity(start + each.start, start + each.end, each.kind) for each in _remembered(text[start:end])]
        start = end
    return found


def _trimmed(text: str, entity: Entity) -> Entity | None:
    """An entity without what is no part of a name at its ends; None when nothing of a name is left."""
    value = text[entity.start : entity.end]
    start = entity.start + len(value) - len(value.lstrip(_EDGE))
    end = entity.end - (len(value) - len(value.rstrip(_EDGE)))
    for tail in ("'s", "’s"):
        if text[start:end].endswith(tail):
            end -= 2
    if text[start:end].lower().startswith("the "):
        start += 4
    name = text[start:end]
    if not _LETTER.search(name) or name.lower() in _NO_NAME:
        return None
    return Entity(start, end, entity.kind)


def _apart(text: str, found: Sequence[Entity]) -> list[Entity]:
    """Entities in order and apart: those that overlap, or are parts of one name or address, made one.

    What touches a mask is cut there. A number is kept only as a part of an address.
    """
    clear = list(found)
    for mask in _MASK.finditer(text):
        clear = [cut for each in clear for cut in _without(each, *mask.span())]
    joined: list[Entity] = []
    for each in sorted(clear, key=lambda entity: (entity.start, -entity.end)):
        kind = _together(text, joined[-1], each) if joined else None
        if kind:
            last = joined.pop()
            each = Entity(last.start, max(last.end, each.end), kind)
        joined.append(each)
    return [each for each in joined if each.kind != "number"]


def _together(text: str, first: Entity, second: Entity) -> str | None:
    """The kind of both as one, or None when they are two."""
    if second.start < first.end:
        longer = first if first.end - first.start >= second.end - second.start else second
        other = second if longer is first else first
        return other.kind if longer.kind == "number" else longer.kind
    kinds, gap = {first.kind, second.kind}, text[first.end : second.start]
    if kinds == {"person"} and _ONE_SPACE.fullmatch(gap):
        return "person"
    if kinds <= _PLACED and kinds != {"location"} and kinds != {"number"} and _BETWEEN_PARTS.fullmatch(gap):
        return "address"
    return None


def _without(entity: Entity, start: int, end: int) -> list[Entity]:
    if entity.end <= start or entity.start >= end:
        return [entity]
    cuts = [Entity(entity.start, start, entity.kind), Entity(end, entity.end, entity.kind)]
    return [cut for cut in cuts if cut.end - cut.start > 1]
