"""A store's URL as people may see it."""

import re

_PASSWORD = re.compile(
    r"(password\s*=\s*)('(?:[^'\\]|\\.)*'|\S+)|(://[^/@\s:]*:)[^/\s]*(?=@)|([?&]password=)[^&\s]*", re.I
)


def shown(text: str) -> str:
    """A URL, or an error that quotes one, with *** for each password."""
    return _PASSWORD.sub(lambda found: f"{found[1] or found[3] or found[4]}***", text)
