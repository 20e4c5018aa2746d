"""Regular expressions from a configuration, run by RE2: in time linear to the text, whatever the expression.

RE2 knows no look-around and no back-reference (https://github.com/google/re2/wiki/Syntax). Its `\\w`, `\\d` and `\\b`
are of ASCII; `\\p{L}` is a letter of any script.
"""

import functools
from collections.abc import Iterator
from typing import Annotated, Any

import re2
from pydantic import AfterValidator

_LONGEST = 1000


def _usable(expression: str) -> str:
    if len(expression) > _LONGEST:
        raise ValueError(f"a pattern has at most {_LONGEST} characters")
    try:
        compiled(expression)
    except re2.error as error:
        why = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else error
        raise ValueError(f"{expression!r} is no pattern that RE2 knows: {why}") from error
    return expression


Pattern = Annotated[str, AfterValidator(_usable)]
"""A regular expression that RE2 accepts."""


@functools.lru_cache(maxsize=256)
def compiled(expression: str) -> Any:
    """The expression, ready to search UTF-8; raises re2.error for one that RE2 does not know."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(expression.encode(), options)


def search(expression: str, text: str) -> bool:
    """True when the expression is found anywhere in the text."""
    return compiled(expression).search(text.encode("utf-8", "replace")) is not None


def escape(text: str) -> str:
    """A pattern that matches the text and nothing else."""
    return str(re2.escape(text))


def groups(expression: str, text: str) -> Iterator[str]:
    """What the first group holds at each place where the expression is found; the whole match where it has no group."""
    pattern = compiled(expression)
    group = 1 if pattern.groups else 0
    for match in pattern.finditer(text.encode("utf-8", "replace")):
        if match[group] is not None:
            yield match[group].decode("utf-8", "replace")
