"""The settings of the gate: where it answers over HTTP, and to whom."""

from pydantic import Field

from shadow.strict import Strict


class GateSettings(Strict):
    """Where the gate answers over HTTP, and to whom."""

    host: str = Field(
        default="127.0.0.1", description="the address to listen on; another than the loopback's needs a token"
    )
    port: int = Field(default=8502, ge=0, le=65535, description="the port to listen on; 0 takes a free one")
    token: str | None = Field(
        default=None,
        repr=False,
        min_length=16,
        description='"env:NAME": what callers send as their bearer token, of at least 16 characters; without it nobody '
        "is asked",
    )
