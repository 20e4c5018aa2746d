"""The numbers that a text holds, as values. Every pattern is linear."""

import math
import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

Mark = Literal[".", ","]
_MINUS = "−"
_SIGN = r"(?:(?<![\w.,)])[-+−])?"
_SHAPE = {
    mark: re.compile(
        rf"{_SIGN}(?:(?<![\d{other}{mark}])(?:\d{{1,3}}(?:[{other}\u00a0\u202f']\d{{3}})+(?![\d])|\d+)(?:[{mark}]\d+)?"
        rf"|(?<!\d)[{mark}]\d+)(?:[eE][-+]?\d{{1,3}}(?![\w]))?"
    )
    for mark, other in ((".", ","), (",", "."))
}
_DIGITS = re.compile(r"\d+")
_PARTS = {
    mark: re.compile(rf"(?<=\d)[{other}\s\u00a0\u202f'](?=\d{{3}}(?!\d))") for mark, other in ((".", ","), (",", "."))
}
_LONGEST = 40


class Number(NamedTuple):
    """A number as written, and its value."""

    written: str
    value: float


def numbers_in(text: str, mark: Mark = ".") -> Iterator[Number]:
    """The numbers of a text in their order; `mark` parts the decimals, the other mark or a narrow space the thousands.

    A minus counts where no word, number or bracket stands before it: "5-3" holds 5 and 3.
    """
    for match in _SHAPE[mark].finditer(text):
        written = match[0]
        if len(written) <= _LONGEST and (value := number_of(written, mark)) is not None:
            yield Number(written, value)


def digits_in(text: str) -> Iterator[Number]:
    """The runs of digits of a text: no sign, no decimals; a comma between digits is taken out before."""
    for match in _DIGITS.finditer(re.sub(r"(?<=\d),(?=\d)", "", text)):
        if len(match[0]) <= _LONGEST:
            yield Number(match[0], float(match[0]))


def number_of(value: Any, mark: Mark = ".") -> float | None:
    """A finite number, or text that is one; a truth value is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        if len(value) > _LONGEST:
            return None
        value = _PARTS[mark].sub("", value.strip()).replace(_MINUS, "-")
        if mark == ",":
            value = value.replace(",", ".") if "." not in value else ""
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
