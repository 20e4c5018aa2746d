"""Model output as HTML that shows exactly what the text holds."""

import html

from shadow.visible import visible

__all__ = ["escaped", "visible"]


def escaped(text: str) -> str:
    """The text as HTML that shows exactly this text, whatever it holds."""
    return html.escape(visible(text), quote=True)
