"""The instruction families of IFEval (https://arxiv.org/abs/2311.07911): does a text follow one, yes or no.

Each module is a family or two; a function takes the text and the instruction's own arguments. `loose` are the
benchmark's eight readings of a text, of which one is enough.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from judge.checking.instructions import keywords, layout, length, whole

FAMILIES: dict[str, Callable[..., bool]] = {
    **keywords.INSTRUCTIONS,
    **layout.INSTRUCTIONS,
    **length.INSTRUCTIONS,
    **whole.INSTRUCTIONS,
}


def arguments_off(instruction: str, arguments: Mapping[str, Any]) -> str:
    """What is wrong with the arguments of a known instruction, in a few words; empty when nothing is."""
    try:
        inspect.signature(FAMILIES[instruction]).bind("", **arguments)
    except TypeError as error:
        return str(error)
    return ""


def follows(instruction: str, text: str, arguments: Mapping[str, Any]) -> bool:
    """True when the text follows the instruction; an empty text follows none."""
    return bool(text.strip()) and FAMILIES[instruction](text, **arguments)


def loose(text: str) -> Iterator[str]:
    """The text, without its first line, its last, or both; each also without asterisks."""
    lines = text.split("\n")
    for form in (text, "\n".join(lines[1:]), "\n".join(lines[:-1]), "\n".join(lines[1:-1])):
        yield form.strip() if form is not text else form
        yield form.strip().replace("*", "") if form is not text else form.replace("*", "")
