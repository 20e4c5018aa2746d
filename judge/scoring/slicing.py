"""Which slices of the traffic a pair belongs to: declared before any answer is judged. Pure."""

import unicodedata
from collections import Counter
from typing import NamedTuple

import msgspec

from shadow.types import Pair

SHORT, MEDIUM = 400, 2_000
"""Characters of all messages: fewer than SHORT is short, fewer than MEDIUM medium, else long."""
MOST_TAGS, LONGEST_VALUE = 4, 40
_LOOK_AT = 200


class Slices(NamedTuple):
    """The values that a pair has in each dimension; `slice_tags` is JSON of those tags that can be a slice."""

    length: str
    language: str
    tools: str
    slice_tags: str


def slices_of(pair: Pair) -> Slices:
    """The slices of a pair, from its request and its tags alone: what was answered must not choose them."""
    texts = [content for each in pair.request.messages if isinstance(content := each.get("content"), str)]
    characters = sum(map(len, texts))
    return Slices(
        length="short" if characters < SHORT else "medium" if characters < MEDIUM else "long",
        language=pair.tags.get("language") or script(texts[-1] if texts else ""),
        tools="tools" if pair.request.tools else "no tools",
        slice_tags=msgspec.json.encode(_tags(pair), order="deterministic").decode(),
    )


def script(text: str) -> str:
    """The script that most letters of a text's beginning are of, such as "latin script"; "no letters" without any."""
    names = Counter(
        "latin" if char.isascii() else unicodedata.name(char, "unknown").split()[0].lower()
        for char in text[:_LOOK_AT]
        if char.isalpha()
    )
    return f"{names.most_common(1)[0][0]} script" if names else "no letters"


def _tags(pair: Pair) -> dict[str, str]:
    """The tags that may be slices: few, with short values, so that an id of a user is none."""
    tags = {name: value for name, value in pair.tags.items() if name != "language" and len(value) <= LONGEST_VALUE}
    return tags if len(tags) <= MOST_TAGS else {}
