"""Who a logged-in person is: their name and the roles of their groups, and nothing by surprise."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import UserError
from dashboards.login import auth_section, is_over, person
from judge.people import Role
from shadow.access import DashboardSettings
from shadow.config import load, validate

LOGIN = {
    "metadata_url": "http://127.0.0.1:1/.well-known/openid-configuration",
    "client_id": "shadowjudge",
    "client_secret": "s3cret",
    "cookie_secret": "0123456789abcdef0123456789abcdef",
    "redirect_uri": "http://localhost:8501/oauth2callback",
}
ROLES = {"reviewer": ["leads", "annotators"], "release_manager": ["release"], "admin": ["platform"]}
REST = """
[source]
kind = "file"
path = "x"
[models.m]
kind = "openai"
[workflows.w]
candidates = ["m"]
[dashboard.roles]
admin = ["platform"]
"""
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def settings(**changes: Any) -> DashboardSettings:
    return validate(DashboardSettings, {"login": LOGIN, "roles": ROLES} | changes, "dashboard")


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        (["leads"], {Role.REVIEWER}),
        (["release", "annotators", "others"], {Role.REVIEWER, Role.RELEASE_MANAGER}),
        ("platform", {Role.ADMIN}),
        (["Leads", "lead", ""], set()),
        ([], set()),
        (None, set()),
        ([["leads"], {"leads": 1}, 7], set()),
    ],
)
def test_groups_give_roles_letter_by_letter(groups: Any, roles: set[Role]) -> None:
    who = person({"email": "ada@example.com", "groups": groups}, settings(), "tab")
    assert who is not None
    assert (who.name, set(who.roles), who.authenticated, who.session) == ("ada@example.com", roles, True, "tab")


@pytest.mark.parametrize("name", [None, "", "  ", 7, ["ada"]])
def test_claims_that_name_nobody_are_nobody(name: Any) -> None:
    assert person({"email": name, "groups": ["platform"]}, settings(), "tab") is None


def test_a_login_ends_after_its_hours_or_without_a_time() -> None:
    login = settings().login
    assert login is not None
    issued = int(NOW.timestamp())
    assert not is_over({"iat": issued}, login, NOW + timedelta(hours=9))
    assert is_over({"iat": issued}, login, NOW + timedelta(hours=11))
    assert is_over({}, login, NOW)
    assert is_over({"iat": "yesterday"}, login, NOW)


def test_what_the_login_needs_is_asked_for_by_name() -> None:
    login = settings().login
    assert login is not None
    section = auth_section(login)
    assert section["server_metadata_url"] == LOGIN["metadata_url"]
    assert section["client_secret"] == "s3cret"
    assert "s3cret" not in repr(settings())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"login": None}, "no [dashboard.login] says who is in which group"),
        ({"roles": {}}, "lets nobody do anything"),
        ({"roles": {"boss": ["x"]}}, "roles"),
        ({"login": {**LOGIN, "cookie_secret": "short"}}, "fewer than 32 characters"),
        ({"login": {**LOGIN, "redirect_uri": "http://localhost:8501"}}, "must end in /oauth2callback"),
        ({"login": None, "roles": {}, "host": "0.0.0.0"}, "whoever reaches the port may write"),
        ({"login": None, "roles": {}, "host": "10.0.0.5"}, "set trust_network = true"),
    ],
)
def test_a_login_that_would_keep_nobody_out_or_nobody_in_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match="dashboard") as refusal:
        settings(**changes)
    assert sentence in str(refusal.value)


def test_hosts_that_need_no_login() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        assert settings(login=None, roles={}, host=host).login is None
    assert settings(login=None, roles={}, host="0.0.0.0", trust_network=True).trust_network
    assert settings(host="0.0.0.0").login is not None


def test_a_secret_of_the_login_in_plain_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "shadowjudge.toml"
    plain = [f'{key} = "{value}"' for key, value in LOGIN.items()]
    file.write_text("\n".join([REST, "[dashboard.login]", *plain]))
    with pytest.raises(UserError, match=r"dashboard\.login\.client_secret: a secret is not written in this file"):
        load(file)
