"""Which words and letters are written, and how often."""

import re
from collections.abc import Callable, Sequence

from judge.checking.instructions.length import Relation, compare


def existence(text: str, keywords: Sequence[str]) -> bool:
    return all(re.search(re.escape(each), text, re.IGNORECASE) for each in keywords)


def frequency(text: str, keyword: str, frequency: int, relation: Relation) -> bool:
    """A keyword counts inside longer words too."""
    return compare(len(re.findall(re.escape(keyword.strip()), text, re.IGNORECASE)), relation, frequency)


def forbidden_words(text: str, forbidden_words: Sequence[str]) -> bool:
    """A forbidden word counts as a whole word only."""
    return not any(re.search(rf"\b{re.escape(each)}\b", text, re.IGNORECASE) for each in forbidden_words)


def letter_frequency(text: str, letter: str, let_frequency: int, let_relation: Relation) -> bool:
    return compare(text.lower().count(letter.strip().lower()), let_relation, let_frequency)


INSTRUCTIONS: dict[str, Callable[..., bool]] = {
    "keywords:existence": existence,
    "keywords:frequency": frequency,
    "keywords:forbidden_words": forbidden_words,
    "keywords:letter_frequency": letter_frequency,
}
