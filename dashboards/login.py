"""Login by OpenID Connect: what Streamlit is told of the provider, and who a logged-in person is."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from judge.people import Actor, roles_of
from shadow.access import DashboardSettings, LoginSettings


def auth_section(login: LoginSettings) -> dict[str, Any]:
    """The `[auth]` secrets that Streamlit's own login reads; they stay in memory and are never written to a file."""
    return {
        "redirect_uri": login.redirect_uri,
        "cookie_secret": login.cookie_secret,
        "client_id": login.client_id,
        "client_secret": login.client_secret,
        "server_metadata_url": login.metadata_url,
        "client_kwargs": {"scope": login.scope, "prompt": "select_account"},
    }


def person(claims: Mapping[str, Any], settings: DashboardSettings, session: str) -> Actor | None:
    """Who the claims of an identity token name, with the roles of their groups; None when they name nobody.

    Groups may be a list or one string; anything else counts as none, so that a surprise gives no role.
    """
    login = settings.login
    name = claims.get(login.name_claim) if login else None
    if login is None or not isinstance(name, str) or not name.strip():
        return None
    said = claims.get(login.groups_claim)
    groups = [said] if isinstance(said, str) else [each for each in said or () if isinstance(each, str)]
    return Actor(name.strip(), roles_of(groups, settings.roles), authenticated=True, session=session)


def is_over(claims: Mapping[str, Any], login: LoginSettings, now: datetime) -> bool:
    """True when the login is older than `login.hours`; one without a time of issue is over at once."""
    issued = claims.get("iat")
    if not isinstance(issued, int | float):
        return True
    return now - datetime.fromtimestamp(issued, UTC) > timedelta(hours=login.hours)
