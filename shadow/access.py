"""Where the pages are served, and to whom: login by OpenID Connect, and which groups have which role."""

import contextlib
from ipaddress import ip_address
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from shadow.strict import Strict

RoleName = Literal["viewer", "reviewer", "release_manager", "admin"]
MIN_SECRET = 32


class LoginSettings(Strict):
    """The identity provider that says who somebody is."""

    metadata_url: str = Field(description="the provider's .well-known/openid-configuration")
    client_id: str = Field(description="as registered with the provider")
    client_secret: str = Field(repr=False, description='"env:NAME"')
    cookie_secret: str = Field(
        repr=False, description=f'"env:NAME": at least {MIN_SECRET} random characters, which sign the login cookie'
    )
    redirect_uri: str = Field(description="the pages' own address with the path /oauth2callback")
    name_claim: str = Field(default="email", description="the claim that names a person on labels and sign-offs")
    groups_claim: str = Field(default="groups", description="the claim that lists a person's groups")
    scope: str = Field(default="openid profile email", description="what the provider is asked for")
    hours: float = Field(default=10, gt=0, le=24 * 30, description="after so many hours a person logs in again")

    @field_validator("cookie_secret")
    @classmethod
    def _long_enough(cls, secret: str) -> str:
        if len(secret) < MIN_SECRET:
            raise ValueError(
                f"it has fewer than {MIN_SECRET} characters; take random ones, as of: openssl rand -hex 32"
            )
        return secret

    @field_validator("redirect_uri")
    @classmethod
    def _comes_back(cls, address: str) -> str:
        if not address.endswith("/oauth2callback"):
            raise ValueError("it must end in /oauth2callback, the address to which the provider sends people back")
        return address


class DashboardSettings(Strict):
    """Where the pages are served, and to whom."""

    host: str = Field(default="127.0.0.1", description="the address to listen on; 0.0.0.0 for other machines too")
    port: int = Field(default=8501, ge=1, le=65535, description="the port to listen on")
    trust_network: bool = Field(
        default=False, description="allow a host that is not the loopback without a login: whoever gets there may write"
    )
    login: LoginSettings | None = Field(default=None, description="[dashboard.login]; without it, local mode")
    roles: dict[RoleName, list[str]] = Field(
        default={}, description="[dashboard.roles]: the groups of each role, as the login's groups claim spells them"
    )

    @model_validator(mode="after")
    def _nobody_unknown_may_write(self) -> Self:
        if self.roles and self.login is None:
            raise ValueError("roles are given, but no [dashboard.login] says who is in which group")
        if self.login is not None and not any(self.roles.values()):
            raise ValueError("a login without [dashboard.roles] lets nobody do anything; name groups for the roles")
        if self.login is None and not (is_loopback(self.host) or self.trust_network):
            raise ValueError(
                f"on the host {self.host} whoever reaches the port may write, since there is no login; add "
                "[dashboard.login], stay on 127.0.0.1, or set trust_network = true where a proxy keeps others out"
            )
        return self


def is_loopback(host: str) -> bool:
    """True for an address or name that only this machine reaches."""
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"
