"""Field-level scores of extracted entries, by words: what was found, what was missed, what was made up.

The definition is that of the NERRE evaluation (https://doi.org/10.1038/s41467-024-45563-x): of each field the set of
words over all entries; and for links the set of (value of the root field, word of another field).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

LINK = " -> "
Words = Mapping[str, frozenset[str]]


class Overlap(NamedTuple):
    """How many words are in both, in the answer, in the truth; they add up over answers."""

    both: int = 0
    said: int = 0
    wanted: int = 0

    def plus(self, other: "Overlap") -> "Overlap":
        return Overlap(self.both + other.both, self.said + other.said, self.wanted + other.wanted)

    @property
    def precision(self) -> float | None:
        """The share of the words said that are right, 0..1; None when nothing was said."""
        return self.both / self.said if self.said else None

    @property
    def recall(self) -> float | None:
        """The share of the right words that were said, 0..1; None when there are none."""
        return self.both / self.wanted if self.wanted else None

    @property
    def f1(self) -> float:
        """Twice what is in both, by what either has, 0..1; 1 when neither has anything."""
        return 2 * self.both / (self.said + self.wanted) if self.said + self.wanted else 1.0


def word_sets(entries: Sequence[Mapping[str, Any]], fields: Sequence[str], root: str | None) -> Words:
    """The words of each field over all entries, and the links from the root field to each other one."""
    sets: dict[str, set[str]] = {name: set() for name in fields}
    if root is not None:
        sets |= {f"{root}{LINK}{name}": set() for name in fields if name != root}
    for entry in entries:
        for name in fields:
            sets[name].update(_words(entry.get(name)))
        value = entry.get(root) if root is not None else None
        if not isinstance(value, str) or not value:
            continue
        for name in fields:
            if name != root:
                sets[f"{root}{LINK}{name}"].update(
                    f"{value}{LINK}{word}" for word in _words(entry.get(name)) if word != value
                )
    return {name: frozenset(words) for name, words in sets.items()}


def overlaps(said: Words, wanted: Words) -> dict[str, Overlap]:
    """For each field, how the words said and those wanted overlap."""
    return {name: Overlap(len(said[name] & wanted[name]), len(said[name]), len(wanted[name])) for name in wanted}


def _words(value: Any) -> Iterator[str]:
    texts = value if isinstance(value, list) else [value]
    for text in texts:
        if isinstance(text, str):
            yield from (word for part in text.split(" ") if (word := part.strip()))
