"""Does a text go round in circles?"""

import zlib

_WORDS = 40
_GRAM = 4
_REPEATED = 0.3
_CHARACTERS = 400
_COMPRESSED = 0.1


def loops(text: str) -> bool:
    """True when three in ten of a text's runs of four words came before in it, or it packs to a tenth of its size.

    Only of a text of 40 words, or for packing 400 characters; a language without spaces is told by packing.
    """
    words = text.split()
    if len(words) >= _WORDS:
        grams = [tuple(words[first : first + _GRAM]) for first in range(len(words) - _GRAM + 1)]
        if 1 - len(set(grams)) / len(grams) > _REPEATED:
            return True
    raw = text.encode(errors="replace")
    return len(raw) >= _CHARACTERS and len(zlib.compress(raw)) < _COMPRESSED * len(raw)
