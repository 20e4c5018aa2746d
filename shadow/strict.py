"""Settings that are validated once, at the door, and cannot change."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict

_SEALED = ConfigDict(frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class Strict(BaseModel):
    """Settings that refuse unknown keys and cannot change."""

    model_config = ConfigDict(**_SEALED, extra="forbid")


class Open(BaseModel):
    """Settings of which the rest belongs to a class that only a later step knows."""

    model_config = ConfigDict(**_SEALED, extra="allow")

    @property
    def settings(self) -> dict[str, Any]:
        """The keys that belong to that class; secrets are among them, so no repr shows these."""
        return dict(self.__pydantic_extra__ or {})

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return ((name, getattr(self, name)) for name in type(self).model_fields)
