"""Values as SQL text, since Quack carries SQL text only."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

# A quoted string, a quoted name or a comment is left alone; a name in what remains is a parameter.
_PARAMETER = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*[\s\S]*?\*/|\$([a-z_]\w*)""")


def inline(sql: str, params: Mapping[str, Any]) -> str:
    """SQL with each `$name` replaced by its value as a literal.

    Raises KeyError for a name without a value, TypeError for a value that has no literal. Values are never read again
    as SQL: one pass, strings quoted.
    """
    return _PARAMETER.sub(lambda match: literal(params[match[1]]) if match[1] else match[0], sql)


def literal(value: Any) -> str:
    """A Python value as a DuckDB literal.

    Raises TypeError for a type that has none here, and for a time without a zone.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"'{value!r}'::DOUBLE"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("no SQL literal for a time without a zone")
        return f"'{value.astimezone(UTC).isoformat()}'::TIMESTAMPTZ"
    if isinstance(value, str):
        quoted = "'" + value.replace("'", "''") + "'"
        return "(" + quoted.replace("\x00", "' || chr(0) || '") + ")" if "\x00" in value else quoted
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    raise TypeError(f"no SQL literal for {type(value).__name__}")
