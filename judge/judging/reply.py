"""The one parser of judge replies. Only an exact choice counts, and none that the text under judgement holds."""

import json
import re
from collections.abc import Collection
from typing import Any, NamedTuple

import msgspec

_LONGEST = 20_000
_BLANKS = re.compile(r"[\s\\]+")
_LAST_LINE = re.compile(
    r"[*_#\s]*(?:[Ff]inal |[Mm]y )?(?:[Cc]hoice|[Vv]erdict)[*_]*\s*[:=]\s*[*]*\s*([`\"']?)([a-z][a-z0-9_]*)\1[*]*\.?\s*"
)


class Reply(msgspec.Struct, frozen=True):
    """What a reply says: the choice, or None when it says none that counts; the reason where it gives one."""

    choice: str | None = None
    reason: str | None = None


NOTHING = Reply()


class _Found(NamedTuple):
    """A JSON object of a reply, and the text that it was read from."""

    value: dict[str, Any]
    text: str


def read(text: str | None, choices: Collection[str], material: str = "") -> Reply:
    """The verdict of a reply: the last JSON object in it that has a "choice", which must be one of `choices`.

    Prose and code fences around it are let pass. The last counts, since an earlier one may be quoted; one that stands
    word for word in the `material` (the text under judgement) is quoted in any place, and does not count. For the same
    reason a brace that begins no JSON object (a reply cut off, an object broken by a quotation) makes the whole
    reply unusable, as does a key that an object has twice.

    A reply without any brace, from a server that holds no schema, may name its choice in a last line of its own,
    "Choice: NAME", and nowhere else.
    """
    if text is None or len(text) > _LONGEST:
        return NOTHING
    if "{" not in text:
        return _last_line(text, choices, material)
    try:
        verdicts = [each for each in _objects(text) if "choice" in each.value]
    except (ValueError, RecursionError):
        return NOTHING
    own = [each.value for each in verdicts if not _quoted(each.text, material)]
    if not own:
        return NOTHING
    choice, reason = own[-1]["choice"], own[-1].get("reason")
    return Reply(
        choice=choice if isinstance(choice, str) and choice in choices else None,
        reason=reason if isinstance(reason, str) else None,
    )


def _last_line(text: str, choices: Collection[str], material: str) -> Reply:
    *before, last = text.strip().splitlines() or [""]
    said = _LAST_LINE.fullmatch(last)
    if said is None or said[2] not in choices or _quoted(last, material):
        return NOTHING
    return Reply(choice=said[2], reason="\n".join(before).strip() or None)


def _quoted(text: str, material: str) -> bool:
    """True when the material holds the text, blanks and backslashes aside."""
    return bool(material) and _BLANKS.sub("", text) in _BLANKS.sub("", material)


def _objects(text: str) -> list[_Found]:
    """Every JSON object in a text, in order, without those inside another; ValueError for a brace that begins none."""
    found, position = [], text.find("{")
    while position >= 0:
        value, end = _decoder.raw_decode(text, position)
        found.append(_Found(value, text[position:end]))
        position = text.find("{", end)
    return found


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key is there twice")
    return value


# Not strict: the grammars of some local servers let a raw line end into a string, which RFC 8259 does not.
_decoder = json.JSONDecoder(object_pairs_hook=_without_repeats, strict=False)
