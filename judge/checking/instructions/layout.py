"""What a text is made of: bullets, sections, titles, placeholders, highlights, JSON."""

import re
from collections.abc import Callable

from judge.checking.counting import bullets
from judge.checking.reading import Unreadable, json_of, unfenced

OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_PLACEHOLDER = re.compile(r"\[[^\n\]]*\]")
_TITLE = re.compile(r"<<[^\n]+>>")
_LIGHT = re.compile(r"\*[^\n*]*\*")
_LIGHTER = re.compile(r"\*\*[^\n*]*\*\*")
_MARKERS = {"P.P.S": re.compile(r"p\.\s?p\.\s?s"), "P.S.": re.compile(r"p\.\s?s\.")}


def number_bullet_lists(text: str, num_bullets: int) -> bool:
    return bullets(text) == num_bullets


def number_placeholders(text: str, num_placeholders: int) -> bool:
    """At least so many placeholders such as [name]."""
    return len(_PLACEHOLDER.findall(text)) >= num_placeholders


def number_highlighted_sections(text: str, num_highlights: int) -> bool:
    """At least so many stretches in *asterisks* or **two of them**; an empty one does not count."""
    found = [each.strip("*") for each in _LIGHT.findall(text)]
    found += [each.removeprefix("**").removesuffix("**") for each in _LIGHTER.findall(text)]
    return sum(1 for each in found if each.strip()) >= num_highlights


def multiple_sections(text: str, section_spliter: str, num_sections: int) -> bool:
    """At least so many sections that begin with the word and a number, such as "Section 1"."""
    return len(re.findall(re.escape(section_spliter.strip()) + r"\s?\d+", text)) >= num_sections


def title(text: str) -> bool:
    """There is a title in <<double angular brackets>>."""
    return any(each.lstrip("<").rstrip(">").strip() for each in _TITLE.findall(text))


def json_format(text: str) -> bool:
    """The whole text is JSON; a code fence around it is allowed."""
    try:
        json_of(unfenced(text))
    except Unreadable:
        return False
    return True


def constrained_response(text: str) -> bool:
    return any(each in text for each in OPTIONS)


def postscript(text: str, postscript_marker: str) -> bool:
    marker = postscript_marker.strip()
    pattern = _MARKERS.get(marker)
    return bool(pattern.search(text.lower())) if pattern else marker.lower() in text.lower()


INSTRUCTIONS: dict[str, Callable[..., bool]] = {
    "detectable_format:number_bullet_lists": number_bullet_lists,
    "detectable_format:number_highlighted_sections": number_highlighted_sections,
    "detectable_format:multiple_sections": multiple_sections,
    "detectable_format:title": title,
    "detectable_format:json_format": json_format,
    "detectable_format:constrained_response": constrained_response,
    "detectable_content:number_placeholders": number_placeholders,
    "detectable_content:postscript": postscript,
}
