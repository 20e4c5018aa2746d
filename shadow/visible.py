"""Model output as text that hides nothing: control, direction and invisible characters are spelled out. Pure."""

import re
import unicodedata

_SUSPECT = re.compile(r"[^\n\t\x20-\x7e]")
_JOINERS = "\u200c\u200d"


def visible(text: str) -> str:
    """The text with every character that a reader's screen would obey or hide replaced by a visible name.

    Line feeds and tabs stay, and so do the two joiners that Persian, Indic scripts and emoji need.
    """
    return _SUSPECT.sub(lambda match: _named(match[0]), text)


def _named(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp") and character not in _JOINERS
    return f"⟨U+{code:04X}⟩" if hidden else character
