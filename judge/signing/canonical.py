"""One text for one value, so that its digest means something."""

import hashlib
import json
from typing import Any

import msgspec


def canonical(value: Any) -> str:
    """JSON of a record: keys sorted, no blanks, floats as Python writes them. Raises ValueError for NaN, infinity."""
    plain = msgspec.to_builtins(value)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(text: str) -> str:
    """SHA-256 of a text, 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()
