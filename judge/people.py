"""Who acts, and what a person may do."""

from collections.abc import Collection, Mapping
from enum import StrEnum

import msgspec

from connectors.errors import UserError
from shadow.access import RoleName


class Role(StrEnum):
    """What a person may do: a viewer nothing but look, an admin everything."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    RELEASE_MANAGER = "release_manager"
    ADMIN = "admin"


class Actor(msgspec.Struct, frozen=True):
    """Who acts; `authenticated` is False where nothing proves the name (local mode), `session` names the login."""

    name: str
    roles: frozenset[Role]
    authenticated: bool = False
    session: str = ""

    def may(self, role: Role) -> bool:
        """True when a person of this role may, or an admin."""
        return bool(self.roles & {role, Role.ADMIN})


def roles_of(groups: Collection[str], members: Mapping[RoleName, Collection[str]]) -> frozenset[Role]:
    """The roles that somebody's groups give; `members` maps a role to its groups, compared letter by letter."""
    return frozenset(Role(role) for role, named in members.items() if set(named) & set(groups))


def require(actor: Actor, role: Role, what: str) -> None:
    """Raises UserError when somebody without a name, or without the role, would do `what`."""
    if not actor.name.strip():
        raise UserError(f"say who you are before you {what}.")
    if not actor.may(role):
        raise UserError(f"{actor.name} may not {what}: that takes the role {role}; ask an admin for it.")
