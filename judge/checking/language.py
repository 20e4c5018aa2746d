"""The language of a text, told by the model inside the py3langid wheel: the same answer for the same text."""

import functools
from collections.abc import Callable

_ENOUGH_LETTERS = 3
_LOOK_AT = 4000
_NO_LANGUAGE = ("zxx", "und")


def language_of(text: str) -> str | None:
    """A code of ISO 639-1, or None for a text with hardly a letter.

    Case does not matter, and the first 4,000 characters decide. A short text may be told wrongly: in one of a few
    words, names and loan words weigh as much as the rest.
    """
    start = text[:_LOOK_AT].casefold()
    if sum(1 for char in start if char.isalpha()) < _ENOUGH_LETTERS:
        return None
    code = str(_identifier()(start)[0])
    return None if code in _NO_LANGUAGE else code


@functools.cache
def _identifier() -> Callable[[str], tuple[str, float]]:
    from py3langid import classify  # a second to load, and only some workflows need it

    identify: Callable[[str], tuple[str, float]] = classify
    return identify
