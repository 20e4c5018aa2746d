"""What a workflow has scrubbed, and what stands in the place of a value."""

import functools
import hashlib
from collections.abc import Mapping
from typing import Literal

import msgspec

from shadow.scrub import names, recogniser, rules

Mode = Literal["full", "masked", "hashed", "drop"]
KINDS = frozenset({rule.kind for rule in rules.RULES} | names.KINDS)
"""All kinds of values that can be masked."""

_LETTERS = "abcdefghijklmnop"
_DIGITS_MATTER = frozenset({"phone", "card", "ssn"})


class Policy(msgspec.Struct, frozen=True):
    """How the texts of a workflow are scrubbed; docs/scrubbing.md says what each mode is for.

    `keep` names kinds that stay as they are. `key` makes pseudonyms, of values and of subjects; empty for none.
    """

    mode: Mode = "masked"
    names: bool = False
    keep: frozenset[str] = frozenset()
    key: bytes = b""

    def __repr__(self) -> str:
        return f"Policy({self.mode}, names={self.names}, keep={sorted(self.keep)})"  # never the key

    @property
    def is_plain(self) -> bool:
        """True for the policy of who says nothing: what has a form is masked, and texts without a sign are clean."""
        return self == MASKED

    @property
    def keeps_texts(self) -> bool:
        """False where texts are let go once the checks have read them; until then they are masked."""
        return self.mode != "drop"

    @property
    def finds(self) -> frozenset[str]:
        """The kinds that this policy promises to mask."""
        if self.mode == "full":
            return frozenset()
        return (KINDS if self.names else KINDS - names.KINDS) - self.keep

    def stands_for(self, kind: str, value: str) -> str:
        """What stands in the place of a value: the name of its kind, and when hashed a pseudonym behind it."""
        if self.mode != "hashed" or kind == "data":
            return f"<{kind.upper()}>"
        return f"<{kind.upper()} {pseudonym(self.key, kind, value)}>"

    def subject(self, key: str) -> str:
        """What a subject key is stored as: 32 hex digits, the same for the same key of whatever workflow."""
        return hashlib.blake2b(key.encode(), digest_size=16, key=self.key).hexdigest()

    def version(self, rules_version: str) -> str:
        """What is kept on a pair: the version of the rules, and behind it what the policy changes."""
        if self.is_plain:
            return rules_version
        said = f"{sorted(self.keep)}\0{recogniser.described() if self.names else ''}\0".encode() + self.key
        digest = hashlib.blake2b(said, digest_size=4, person=b"scrub policy").hexdigest()
        return f"{rules_version} {self.mode}{'+names' if self.names else ''} {digest}"


MASKED = Policy()
Policies = Mapping[str, Policy]
"""The policy of each workflow, by its name; MASKED for one that is not there."""


@functools.lru_cache(maxsize=4096)
def pseudonym(key: bytes, kind: str, value: str) -> str:
    """Ten letters (40 bits) that stand for a value; the same for ways of writing it that differ in spaces or case.

    Letters from a to p only, so that no rule takes a pseudonym for a number, a key or a name.
    """
    if kind in _DIGITS_MATTER:
        told = "".join(char for char in value if char.isdigit())
    elif kind == "secret":
        told = value
    else:
        told = "".join(value.split()).casefold() if kind == "iban" else " ".join(value.split()).casefold()
    digest = hashlib.blake2b(told.encode(errors="replace"), digest_size=5, key=key, person=kind.encode()[:16]).digest()
    return "".join(_LETTERS[byte >> 4] + _LETTERS[byte & 15] for byte in digest)
