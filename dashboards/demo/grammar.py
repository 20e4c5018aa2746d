"""Sentences from templates: small word lists, many different texts."""

import random
import re
from collections.abc import Mapping, Sequence

Words = Mapping[str, Sequence[str]]
_NAME = re.compile(r"\{(\w+)\}")


def sentence(template: str, words: Words, rng: random.Random) -> str:
    """`template` with every {name} replaced by one of `words[name]`, again and again until none is left.

    Raises KeyError for a name without words.
    """
    while _NAME.search(template):
        template = _NAME.sub(lambda match: rng.choice(words[match[1]]), template)
    return template
