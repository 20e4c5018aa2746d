"""Mask personal data and secrets before anything is stored or sent on. Rules and limits: docs/scrubbing.md."""

import hashlib
import importlib.resources
from importlib.metadata import version

from shadow.scrub.batch import scrub_all, scrub_completions
from shadow.scrub.policy import MASKED, Policies, Policy
from shadow.scrub.text import scrub_text
from shadow.scrub.walk import Scrubbed, scrub, scrub_completion

__all__ = [
    "MASKED", "SCRUB_VERSION", "Policies", "Policy", "Scrubbed", "scrub", "scrub_all", "scrub_completion",
    "scrub_completions", "scrub_text",
]  # fmt: skip


def _version() -> str:
    """Hash of the rules' own source and of the libraries they consult: 12 hex digits."""
    digest = hashlib.blake2b(digest_size=6)
    for name in ("signs.py", "batch.py", "rules.py", "text.py", "walk.py", "policy.py", "names.py", "addresses.py"):
        digest.update(importlib.resources.files(__name__).joinpath(name).read_bytes())
    digest.update(f"{version('phonenumbers')} {version('python-stdnum')}".encode())
    return digest.hexdigest()


SCRUB_VERSION = _version()
