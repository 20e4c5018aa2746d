"""What a model takes for its own control tokens, made plain text inside the messages of others. Pure."""

import re
from collections.abc import Iterable
from typing import Any


def pattern(spellings: Iterable[str]) -> re.Pattern[str] | None:
    """Finds the first character of every control token's text; None for a vocabulary without one to break."""
    rests: dict[str, list[str]] = {}
    for text in sorted(spellings):
        if len(text) > 1:
            rests.setdefault(text[0], []).append(re.escape(text[1:]))
    found = [f"{re.escape(first)}(?={'|'.join(rest)})" for first, rest in rests.items()]
    return re.compile("|".join(found)) if found else None


def broken(value: Any, control: re.Pattern[str]) -> Any:
    """A JSON value with a space after the first character of each control token's text: `< |im_end|>`."""
    match value:
        case str():
            return control.sub(r"\g<0> ", value)
        case dict():
            return {key: broken(item, control) for key, item in value.items()}
        case list():
            return [broken(item, control) for item in value]
        case _:
            return value
