"""[workflows.NAME.scrub]: what is masked before anything is stored or sent on."""

import functools
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.errors import unknown
from shadow.scrub.policy import KINDS, Mode, Policy
from shadow.strict import Strict

KEY_LENGTH = 16


class ScrubSettings(Strict):
    """What is masked before anything is stored or sent on; docs/scrubbing.md."""

    policy: Mode = Field(
        default="masked",
        description="masked: kinds in brackets; hashed: a pseudonym behind the kind; full: nothing is masked; drop: "
        "masked for the candidate and the checks, and no text is stored",
    )
    names: bool = Field(
        default=False,
        description="also mask persons, organisations, places, addresses, dates and ages; needs the extra `names`",
    )
    keep: list[str] = Field(default=[], description="kinds that stay as they are, because the task is about them")
    key: SecretStr | None = Field(
        default=None, description='"env:NAME", at least 16 characters: makes the pseudonyms of values and of subjects'
    )
    max_leak_rate: float = Field(
        default=0.01, gt=0, le=1, description="share of planted values with a form that may get through, 0..1"
    )
    max_name_leak_rate: float = Field(
        default=0.3, gt=0, le=1, description="share of planted names and addresses that may get through, 0..1"
    )

    @field_validator("keep")
    @classmethod
    def _known_kinds(cls, keep: list[str]) -> list[str]:
        for kind in keep:
            if kind not in KINDS:
                raise ValueError(str(unknown("kind", kind, sorted(KINDS))).removesuffix("."))
        return keep

    @field_validator("key")
    @classmethod
    def _long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not KEY_LENGTH <= len(key.get_secret_value().encode()) <= 64:
            raise ValueError(f"the key must have {KEY_LENGTH} to 64 bytes; make one with: openssl rand -hex 16")
        return key

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.policy == "hashed" and self.key is None:
            raise ValueError('policy "hashed" needs a key; write key = "env:NAME" and export NAME')
        if self.policy == "full" and (self.names or self.keep):
            raise ValueError('policy "full" masks nothing; leave names and keep out')
        return self

    @functools.cached_property
    def as_policy(self) -> Policy:
        """The policy that these settings express."""
        key = b"" if self.key is None else self.key.get_secret_value().encode()
        return Policy(mode=self.policy, names=self.names, keep=frozenset(self.keep), key=key)
