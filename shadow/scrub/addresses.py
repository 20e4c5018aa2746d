"""Postal addresses, dates of a calendar, ages and what a person's name or papers stand behind: by their forms.

These forms are looser than those of `rules.py`, which ask a validator; they are used together with the recogniser.
"""

import re
from collections.abc import Iterator

from shadow.scrub.recogniser import Entity

_UPPER = r"[A-ZÀ-ÖØ-ÞĀ-Ž]"
_NAME = rf"{_UPPER}(?:[\w'’-]*\w)?(?:\.(?= {_UPPER}))?"
_NUMBER = r"\d{1,5}[A-Za-z]?"
_STREET = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Av|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Boulevard|Blvd|Way|Terrace|Square|Sq|Trail"
    r"|Parkway|Pkwy|Crescent|Close|Highway|Hwy|Circle|Loop|Park|Parks|Row|Alley|Mews|Gardens|Rapids|Junction)\.?(?!\w)"
)
_ABROAD = (
    r"(?:stra(?:ss|ß)e|str\.|gasse|weg|platz|allee|allé|gat(?:an|a|e)|väg(?:en)?|vei(?:en)?|vej|tie(?:n)?|katu|kuja|polku"
    r"|straat|laan|steenweg|plein|dreef|utca|ulica|ulice|braut|hóli|hlíð|stigen|bakken|svingen|toft(?:en)?)"
)
_FIRST = (
    r"(?:Rue|Avenue|Boulevard|Chemin|Place|Impasse|Via|Viale|Piazza|Corso|Calle|Avenida|Plaza|Paseo|Travessa|Rua|Praça"
    r"|ul\.|al\.|Strada|Postbox)"
)
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]*\.?"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_TH = r"(?:st|nd|rd|th)?"
_LICENSE = r"driv(?:er|er's|ers|ing) licen[cs]e(?: (?:number|no\.?|nr|id))?(?: is|:| #)? ?"
_OWN_NAME = (
    r"(?<!\w)(?:(?:my|his|her|full|first|last|maiden|middle|given|family) (?:(?:maiden|full|first|last) )?name(?: is|:)"
    r"|name:|i am called)"
)
_FORMS = {
    "address": (
        rf"(?<!\w)(?:{_NUMBER} ){{1,2}}(?:{_NAME} ){{0,4}}{_STREET}",
        rf"(?<!\w)(?:{_NUMBER} ){{0,2}}(?:{_NAME} ){{0,2}}[\w'’-]*(?i:{_ABROAD})(?: {_NUMBER}(?!\w))",
        rf"(?<!\w)(?:{_NUMBER} ){{1,2}}(?:{_NAME} ){{0,2}}[\w'’-]+(?i:{_ABROAD})(?!\w)",
        rf"(?<!\w)(?:{_NUMBER},? ){{0,2}}(?i:{_FIRST}) (?:(?:de|du|des|la|del|della|di|do|da|la) )?(?:{_NAME} ?){{1,4}}"
        rf"(?:(?<= ){_NUMBER}(?!\w))?",
        r"(?<!\w)(?i:apt|apartment|suite|unit|flat)\.? ?#?\d{1,5}[A-Za-z]?(?!\w)",
        r"(?<!\w)(?i:(?:p\.? ?o\.? ?box|psc \d{1,5},? box|unit \d{1,5},? box) ?\d{1,6})(?!\w)",
        r"(?<!\w)(?i:(?:apo|fpo|dpo),? a[aep],? \d{5}|us(?:s|ns|nv|cgc) [\w-]+(?=\s+[afd]po))(?!\w)",
        r"(?<![\w.])[A-Z]{2} \d{5}(?:-\d{4})?(?!\w)",
        r"(?<=\n)[ \t]*(?:[A-Z]{2} )?\d{4,6}(?:-\d{3,4})?(?=[ \t]*(?:\n|\Z))",
        r"(?i:(?:zip|post(?:al)?)[ -]?code)(?i: is|:)? ?\d{4,6}(?:-\d{3,4})?(?!\w)",
    ),
    "date": (
        rf"(?<![\w/.-]){_DAY}[/.-]{_DAY}[/.-](?:19|20)\d\d(?![\w/-])",
        rf"(?<![\w/.-])(?:19|20)\d\d[/.-](?:0?[1-9]|1[0-2])[/.-]{_DAY}(?:[T ]\d\d:\d\d(?::\d\d)?)?(?![\w/-])",
        rf"(?<!\w)(?:{_DAY}{_TH} (?:of )?{_MONTH}|{_MONTH} {_DAY}{_TH}),? (?:19|20)\d\d(?!\w)",
    ),
    "age": (
        r"(?<!\w)\d{1,3}(?=[ -]years?[ -]old(?!\w)| ?y/?o(?!\w))",
        r"(?i:(?<!\w)(?:(?:just )?turned|aged|age:?|age is)) (?P<age>\d{1,3})(?![\w%]|[.,]\d)",
    ),
    "license": (rf"(?i:{_LICENSE})(?P<license>[A-Za-z]{{0,3}}[\d-]{{5,16}}[A-Za-z]?)(?!\w)",),
    "url": (r"(?<!\w)https?://[^\s<>\"')\]]+", r"(?<![\w@.])www\.[\w-]+(?:\.[\w-]+)+(?:/[^\s<>\"')\]]*)?"),
    "person": (
        rf"(?<!\w)(?:Mr|Mrs|Ms|Miss|Dr|Prof|Mme|Herr|Frau)\.?(?: {_NAME}){{1,3}}",
        rf"(?i:{_OWN_NAME}) (?P<person>{_NAME}(?: {_NAME}){{0,3}})",
        rf"(?<!\w)(?:Dear|Hi|Hello) (?P<person_greeted>{_NAME}(?: {_NAME})?)(?=[,!\n])",
    ),
}
"""A group named after the kind is the value; without one it is the whole match."""

_COMPILED = [(kind, re.compile(form)) for kind, forms in _FORMS.items() for form in forms]
# What stands beside a place and belongs to it: a postal code before or behind.
_CODE_BEHIND = re.compile(r"[ ,\n]{1,3}(?:[A-Z]{2} )?\d{2,5}(?:[- ]\d{2,4})?(?![\w:/.-])")
_CODE_BEFORE = re.compile(r"(?<!\w)(?:[A-Z]{1,2}-)?\d{2,5}(?: \d{2})?[ ]\Z")


def forms(text: str) -> Iterator[Entity]:
    """What has one of these forms in a text."""
    for kind, form in _COMPILED:
        for match in form.finditer(text):
            group = match.lastgroup or 0
            yield Entity(match.start(group), match.end(group), kind)


def with_code(text: str, place: Entity) -> Entity:
    """A place together with the postal code beside it, which makes it an address; else as it is."""
    behind = _CODE_BEHIND.match(text, place.end)
    before = _CODE_BEFORE.search(text[max(0, place.start - 12) : place.start])
    if not behind and not before:
        return place
    start = place.start - len(before[0]) if before else place.start
    return Entity(start, behind.end() if behind else place.end, "address")
