"""How much is written: words, sentences, paragraphs."""

import re
from collections.abc import Callable
from typing import Literal

from judge.checking.counting import sentences, words

Relation = Literal["less than", "at least"]
_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_FIRST = re.compile(r"[^.,?!'\"]*")


def compare(count: int, relation: Relation, limit: int) -> bool:
    """True when the count stands in that relation to the limit."""
    if relation not in ("less than", "at least"):
        raise ValueError(f"the relation is {relation!r}, not 'less than' or 'at least'")
    return count < limit if relation == "less than" else count >= limit


def number_words(text: str, num_words: int, relation: Relation) -> bool:
    return compare(words(text), relation, num_words)


def number_sentences(text: str, num_sentences: int, relation: Relation) -> bool:
    return compare(sentences(text), relation, num_sentences)


def number_paragraphs(text: str, num_paragraphs: int) -> bool:
    """Paragraphs parted by the Markdown divider `***`; one at either end may be empty."""
    parts = [part.strip() for part in _DIVIDER.split(text)]
    inner = parts[1:-1]
    return all(inner) and sum(map(bool, parts)) == num_paragraphs


def nth_paragraph_first_word(text: str, num_paragraphs: int, nth_paragraph: int, first_word: str) -> bool:
    """Paragraphs parted by a blank line, and the word that one of them, counted from 1, begins with."""
    parts = text.split("\n\n")
    count = sum(1 for part in parts if part.strip())
    if nth_paragraph > count or not (paragraph := parts[nth_paragraph - 1].strip()):
        return False
    word = paragraph.split()[0].lstrip("'").lstrip('"')
    found = _FIRST.match(word)
    return count == num_paragraphs and found is not None and found[0].lower() == first_word.lower()


INSTRUCTIONS: dict[str, Callable[..., bool]] = {
    "length_constraints:number_words": number_words,
    "length_constraints:number_sentences": number_sentences,
    "length_constraints:number_paragraphs": number_paragraphs,
    "length_constraints:nth_paragraph_first_word": nth_paragraph_first_word,
}
