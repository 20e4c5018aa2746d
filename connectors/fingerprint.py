"""Name a model by everything that may change its answers."""

import hashlib
import json
from typing import Any


def fingerprint(name: str, **parts: Any) -> str:
    """`name@` and 8 hex digits that are the same for the same parts, whatever their order or the machine."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return f"{name}@{hashlib.blake2b(text.encode(), digest_size=4).hexdigest()}"
