"""The one parser of judge replies. Only an exact choice counts."""

import json
from collections.abc import Collection
from typing import Any

import msgspec

_LONGEST = 20_000


class Reply(msgspec.Struct, frozen=True):
    """What a reply says: the choice, or None when it says none that counts; the reason where it gives one."""

    choice: str | None = None
    reason: str | None = None


NOTHING = Reply()


def read(text: str | None, choices: Collection[str]) -> Reply:
    """The verdict of a reply: the last JSON object in it that has a "choice", which must be one of `choices`.

    Prose and code fences around it are let pass. The last counts, since an earlier one may be quoted from the text
    under judgement. For the same reason a brace that begins no JSON object (a reply cut off, an object broken by a
    quotation) makes the whole reply unusable, as does a key that an object has twice.
    """
    if text is None or len(text) > _LONGEST:
        return NOTHING
    try:
        verdicts = [each for each in _objects(text) if "choice" in each]
    except (ValueError, RecursionError):
        return NOTHING
    if not verdicts:
        return NOTHING
    choice, reason = verdicts[-1]["choice"], verdicts[-1].get("reason")
    return Reply(
        choice=choice if isinstance(choice, str) and choice in choices else None,
        reason=reason if isinstance(reason, str) else None,
    )


def _objects(text: str) -> list[dict[str, Any]]:
    """Every JSON object in a text, in order, without those inside another; ValueError for a brace that begins none."""
    found, position = [], text.find("{")
    while position >= 0:
        value, end = _decoder.raw_decode(text, position)
        found.append(value)
        position = text.find("{", end)
    return found


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key is there twice")
    return value


_decoder = json.JSONDecoder(object_pairs_hook=_without_repeats)
