"""What personal data and secrets look like: a shape for each kind, and a validator for what has the shape.

A shape starts where it is cheapest to look for: an e-mail address at its "@", an IBAN at its check digits. Its
validator says where the value begins and ends, or that it is something else. A shape is bounded in length or starts
only at a boundary that it cannot hold, so the time is linear in the text.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import NamedTuple

import phonenumbers
from stdnum import iban, luhn
from stdnum.us import itin, ssn

Span = tuple[int, int]


class Rule(NamedTuple):
    """A kind of value, the shape it has, and its span in a match, or None when the match is not of the kind."""

    kind: str
    shape: str
    span: Callable[[re.Match[str]], Span | None]


REACH = 48
"""How many characters before a value may say what it is."""

# Not within a word; a letter before the value may also belong to an escape, in a JSON text that was cut off.
_LEFT = r"(?:(?<![^\W_])|(?<=\\[nrt]))"
_RIGHT = r"(?![^\W_])"
# Not within a longer number either, such as a UUID or a version.
_NUMBER = _LEFT + r"(?<!\d[-./])"
_NUMBER_END = r"(?![^\W_]|[-.]\d)"
_EXTENSION = r"(?:[ ,]{0,2}(?:x|ext\.?)[ ]?\d{1,6})?"
_DATE = r"\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d(?!\d)|\d{4}-\d\d-\d\d(?!\d)"
_KEYS = (
    r"(?:sk-|[sr]k_(?:live|test)_|gh[oprsu]_|github_pat_|glpat-|xox[abeoprs]-|hf_|npm_)[\w-]{16,}"
    r"|A[KS]IA[0-9A-Z]{16}|AIza[\w-]{35}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
)
_PEM = r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)"

_LOCAL_PART = re.compile(r"[\w.+%'-]{1,64}\Z")
_HEX_GROUP = re.compile(r"(?<!\w)[0-9A-Fa-f]{1,4}\Z")
# Visa, Mastercard, Amex, Diners, JCB, Discover and Maestro, each with its lengths: a bar code has 13 digits too.
_NETWORK = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5\d{15}|2[2-7]\d{14}|3[47]\d{13}|3[0689]\d{12}|35\d{14}|(?:2131|1800)\d{11}"
    r"|6\d{15,18}|(?:0604|5[0678]\d\d|6\d{3})\d{8}"
)
_SAYS_PHONE = re.compile(
    r"(?:phone|mobile|whatsapp|(?<![^\W_])(?:tel|cell|fax|sms|call|text|reach))"
    r"(?:[ _.:#-]*(?:number|no|nr|num|me|us|him|her|them|back|is|at|on|to|under|via)(?![^\W_]))*[\s\"'.:#=(-]{0,5}\Z",
    re.IGNORECASE,
)
_SAYS_PHONE_AFTER = re.compile(r"[ \t-]{0,2}(?:office|fax|mobile|cell)(?![^\W_])", re.IGNORECASE)
_SAYS_SSN = re.compile(
    r"(?<![^\W_])(?:ssn|social[ _-]security)(?:[ _.:#-]*(?:number|no|is)(?![^\W_]))*[\s\"'.:#=-]{0,5}\Z", re.IGNORECASE
)


def _whole(match: re.Match[str]) -> Span:
    return match.span()


def _before(match: re.Match[str], length: int) -> str:
    return match.string[max(0, match.start() - length) : match.start()]


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _email(match: re.Match[str]) -> Span | None:
    local = _LOCAL_PART.search(_before(match, 64))
    return (match.start() - len(local[0]), match.end()) if local else None


def _secret(match: re.Match[str]) -> Span | None:
    """A key with a known prefix; one without a digit is a hyphenated word."""
    start, end = match.span("bearer") if match["bearer"] else match.span()
    return (start, end) if any(char.isdigit() for char in match.string[start:end]) else None


def _iban(match: re.Match[str]) -> Span | None:
    """An IBAN: right by mod 97. A word that follows in capitals may have the shape of its last group."""
    start, end = match.start() - 2, match.end()
    while end - start >= 15:
        if iban.is_valid(match.string[start:end], check_country=False):
            return start, end
        end = match.string.rfind(" ", start, end)
    return None


def _card(match: re.Match[str]) -> Span | None:
    """A payment card: of a known network, and right by Luhn."""
    number = _digits(match[0])
    return match.span() if _NETWORK.fullmatch(number) and luhn.is_valid(number) else None


def _ssn(match: re.Match[str]) -> Span | None:
    """A US social security or taxpayer number in use; nine bare digits only when the text says so."""
    number = _digits(match[0])
    if not (ssn.is_valid(number) or itin.is_valid(number)):
        return None
    return match.span() if len(match[0]) > 9 or _SAYS_SSN.search(_before(match, REACH)) else None


def _ipv4(match: re.Match[str]) -> Span | None:
    return match.span() if all(int(part) <= 255 for part in match[0].split(".")) else None


def _ipv6(match: re.Match[str]) -> Span | None:
    """An IPv6 address; without a digit, or as short as `a::1`, it is more likely a name in a program."""
    first = _HEX_GROUP.search(_before(match, 5))
    start = match.start() - (len(first[0]) if first else 0)
    text = match.string[start : match.end()]
    if len(text) < 6 or not any(char.isdigit() for char in text):
        return None
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return None
    return start, match.end()


def _phone_plus(match: re.Match[str]) -> Span | None:
    """A number with its country code, of a length that country has."""
    try:
        number = phonenumbers.parse(match[0])
    except phonenumbers.NumberParseException:
        return None
    return match.span() if phonenumbers.is_possible_number(number) else None


def _phone_us(match: re.Match[str]) -> Span | None:
    """A number of the North American form; three groups parted by spaces alone must also be one in use."""
    if match["us_gap"] == " " and not phonenumbers.is_valid_number(phonenumbers.parse(match[0], "US")):
        return None
    return match.span()


def _phone_zero(match: re.Match[str]) -> Span | None:
    """A national number in groups, with its leading 0."""
    return match.span() if 9 <= len(_digits(match[0])) <= 15 else None


def _phone_said(match: re.Match[str]) -> Span | None:
    """Any other run of digits is a phone number only when the words beside it say so."""
    if not 6 <= len(_digits(match[0])) <= 15:
        return None
    said = _SAYS_PHONE.search(_before(match, REACH)) or _SAYS_PHONE_AFTER.match(match.string, match.end())
    return match.span() if said else None


RULES = (
    Rule("data", r"data:[\w.+/-]{0,100}(?:;[\w.=-]{1,60}){0,4};base64,[A-Za-z0-9+/=_%-]*", _whole),
    Rule("secret", _PEM, _whole),
    Rule("secret", rf"(?<![\w-])(?:{_KEYS}|[Bb]earer\s{{1,3}}(?P<bearer>[\w.~+/=-]{{16,}}))", _secret),
    Rule("email", r"@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}" + _RIGHT, _email),
    Rule("ip", r":(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{1,37}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:]|\.\d)", _ipv6),
    Rule(
        "iban", r"\d\d(?<=(?<![^\W_])[A-Za-z]{2}\d\d)(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?" + _RIGHT, _iban
    ),
    Rule("ip", _NUMBER + r"\d{1,3}(?:\.\d{1,3}){3}" + _NUMBER_END, _ipv4),
    Rule("ssn", _NUMBER + r"\d{3}(?P<ssn_gap>[- ]?)\d\d(?P=ssn_gap)\d{4}" + _NUMBER_END, _ssn),
    Rule("card", _NUMBER + r"\d{4}(?P<card_gap>[ -])\d{4}(?P=card_gap)\d{4}(?P=card_gap)\d{4}" + _NUMBER_END, _card),
    Rule("card", _NUMBER + r"\d{4}(?P<amex_gap>[ -])\d{6}(?P=amex_gap)\d{4,5}" + _NUMBER_END, _card),
    Rule("card", _NUMBER + r"\d{12,19}" + _NUMBER_END, _card),
    Rule("phone", _LEFT + r"\+\d(?:[ ./-]?[()]?\d){6,16}" + _EXTENSION + _NUMBER_END, _phone_plus),
    Rule(
        "phone",
        rf"{_NUMBER}(?:(?:00)?1[ .-])?(?:\(\d{{3}}\)[ -]?|\d{{3}}(?P<us_gap>[ .-]))"
        rf"\d{{3}}[ .-]\d{{4}}{_EXTENSION}{_NUMBER_END}",
        _phone_us,
    ),
    Rule(
        "phone",
        rf"{_NUMBER}(?!{_DATE})\(?00?[1-9]\d{{0,3}}\)?(?:[ ./-]\d{{2,7}}){{1,5}}{_EXTENSION}{_NUMBER_END}",
        _phone_zero,
    ),
    Rule("phone", _NUMBER + r"(?:\(\d{2,4}\) ?)?(?:\d[ ./-]?){4,14}\d" + _EXTENSION + _NUMBER_END, _phone_said),
)
