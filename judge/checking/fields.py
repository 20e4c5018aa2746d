"""When two JSON values are the same, field by field: a comparison for each path.

A path names keys with dots and the items of a list with `[]`: `total`, `address.city`, `items[].price`. `$` is the
whole value.
"""

import contextlib
import math
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from dateutil import parser as dates
from price_parser import Price
from pydantic import Field
from rapidfuzz import fuzz

from judge.checking.numbers import number_of
from judge.checking.reading import folded
from shadow.strict import Strict

Named = Literal["exact", "folded", "date", "money", "set", "unordered", "ignore"]
WHOLE = "$"
"""The path of the whole value."""
_PLAIN = frozenset((str, int, float, bool, type(None)))
_EQUAL_IS_SAME = ("exact", "folded", "set", "ignore")
_LONGEST = 4000
_DEEPEST = 100
_EARLY, _LATE = datetime(2001, 1, 1), datetime(2002, 2, 2)


class Tolerance(Strict):
    """Numbers, also those written as text, that are at most so far apart are the same."""

    within: float = Field(ge=0)


class Likeness(Strict):
    """Texts that are alike to so high a share, 0..1, when folded (rapidfuzz's ratio), are the same."""

    fuzzy: float = Field(gt=0, le=1)


class Dates(Strict):
    """Dates of the same day, however written; 3/4/2026 is the 4th of March unless the day comes first."""

    date: Literal["day_first", "month_first"]


Comparison = Named | Tolerance | Likeness | Dates


def differences(one: Any, other: Any, fields: Mapping[str, Comparison], others: Comparison) -> list[str]:
    """Where two values differ, a few words for each place."""
    found: list[str] = []
    _compare("", one, other, fields, others, 0, found)
    return found


def _compare(
    path: str,
    one: Any,
    other: Any,
    fields: Mapping[str, Comparison],
    others: Comparison,
    depth: int,
    found: list[str],
) -> None:
    how = fields.get(path or WHOLE)
    if how == "ignore" or (how is None and others == "ignore" and not _leads_on(path, fields)):
        return None
    if how is None and depth < _DEEPEST:
        if isinstance(one, dict) and isinstance(other, dict):
            return _compare_objects(path, one, other, fields, others, depth, found)
        if isinstance(one, list) and isinstance(other, list):
            return _compare_lists(path, one, other, fields, others, depth, found)
    if not same(one, other, how or others):
        found.append(f"{path or 'the answer'!r} is {brief(one)} against {brief(other)}")
    return None


def _compare_objects(
    path: str,
    one: dict[str, Any],
    other: dict[str, Any],
    fields: Mapping[str, Comparison],
    others: Comparison,
    depth: int,
    found: list[str],
) -> None:
    for name, a in one.items():
        inner = f"{path}.{name}" if path else name
        if name not in other:
            if fields.get(inner, others) != "ignore":
                found.append(f"{inner!r} is in one only")
            continue
        b = other[name]
        # Most fields of most pairs are equal to the letter; those need no further look.
        if a == b and type(a) is type(b) and _is_same_when_equal(a, fields.get(inner, others)):
            continue
        _compare(inner, a, b, fields, others, depth + 1, found)
    if one.keys() != other.keys():
        inners = (f"{path}.{name}" if path else name for name in other if name not in one)
        found.extend(f"{inner!r} is in one only" for inner in inners if fields.get(inner, others) != "ignore")


def _is_same_when_equal(value: Any, how: Comparison) -> bool:
    """True where an equal value is the same value: a comparison by dates, say, must also be able to read it."""
    if type(how) is str:
        return how in _EQUAL_IS_SAME and type(value) in _PLAIN
    return type(how) is Tolerance and type(value) is float


def _compare_lists(
    path: str,
    one: list[Any],
    other: list[Any],
    fields: Mapping[str, Comparison],
    others: Comparison,
    depth: int,
    found: list[str],
) -> None:
    inner = f"{path}[]"
    if fields.get(inner, others) == "ignore" and not _leads_on(inner, fields):
        return
    if len(one) != len(other):
        found.append(f"{path or 'the list'!r} has {len(one)} items against {len(other)}")
        return
    for a, b in zip(one, other, strict=True):
        _compare(inner, a, b, fields, others, depth + 1, found)


def _leads_on(path: str, fields: Mapping[str, Comparison]) -> bool:
    """True when a field below the path is compared."""
    return not path or any(name.startswith((f"{path}.", f"{path}[]")) and name != path for name in fields)


def same(one: Any, other: Any, how: Comparison, depth: int = 0) -> bool:
    """True when two values are the same in that way; one that it cannot read is the same as nothing."""
    if how == "exact" or how == "folded":
        return _equal(one, other, how, depth)
    match how:
        case Tolerance():
            if type(one) is float is type(other) and math.isfinite(one) and math.isfinite(other):
                return abs(one - other) <= how.within
            a, b = number_of(one), number_of(other)
            return a is not None and b is not None and abs(a - b) <= how.within
        case Likeness():
            if not isinstance(one, str) or not isinstance(other, str) or len(one) > _LONGEST or len(other) > _LONGEST:
                return same(one, other, "folded")
            return fuzz.ratio(folded(one), folded(other)) >= 100 * how.fuzzy
        case Dates():
            return _same_or_none(day(one, how.date == "day_first"), day(other, how.date == "day_first"))
        case "date":
            return _same_or_none(day(one, False), day(other, False))
        case "money":
            return _same_or_none(money(one), money(other))
        case "set":
            return _items(one) == _items(other)
        case "unordered":
            return isinstance(one, list) and isinstance(other, list) and _counted(one) == _counted(other)
    return True


def _same_or_none(one: Any, other: Any) -> bool:
    return one is not None and one == other


def _equal(one: Any, other: Any, how: Named, depth: int) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, str) and isinstance(other, str):
        return folded(one) == folded(other) if how == "folded" else one == other
    if depth >= _DEEPEST:
        return False
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_equal(a, b, how, depth + 1) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key], how, depth + 1) for key in one)
    return bool(one == other)


def _items(value: Any) -> set[bytes]:
    """The different items of a list, folded; a single value is a list of one."""
    items = value if isinstance(value, list) else [value]
    return {_canonical(folded(each) if isinstance(each, str) else each) for each in items}


def _counted(items: list[Any]) -> Counter[bytes]:
    return Counter(_canonical(each) for each in items)


def _canonical(value: Any) -> bytes:
    """The same bytes for the same JSON value, whatever the order of its keys."""
    return msgspec.json.encode(value, order="deterministic")


def day(value: Any, day_first: bool) -> Any:
    """The date that a text names in full, or None; the time of day is left out."""
    if not isinstance(value, str) or not 6 <= len(value) <= 60:
        return None
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(value.strip()).date()
    try:
        # A part that is missing is taken from the default: a date is told in full when two defaults give the same.
        early, late = (dates.parse(value, dayfirst=day_first, default=each) for each in (_EARLY, _LATE))
    except (ValueError, OverflowError, TypeError):
        return None
    return early.date() if early.date() == late.date() else None


def money(value: Any) -> tuple[float, str] | None:
    """The amount, and the currency as written, or None; a bare number has no currency."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (float(value), "") if math.isfinite(value) else None
    if not isinstance(value, str) or len(value) > 60:
        return None
    price = Price.fromstring(value)
    if price.amount_float is None:
        return None
    sign = -1.0 if value.lstrip().startswith(("-", "−")) else 1.0
    return sign * price.amount_float, _CURRENCIES.get(price.currency or "", (price.currency or "").upper())


_CURRENCIES = {"€": "EUR", "$": "USD", "US$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "zł": "PLN", "Kč": "CZK"}


def brief(value: Any) -> str:
    """A value in at most 60 characters."""
    text = repr(value) if not isinstance(value, str) or len(value) < 60 else repr(value[:60])
    return text if len(text) <= 60 else text[:57] + "..."
