"""What only a lake, or only a URL, can get wrong: passwords, places, and what a catalog remembers."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import UserError
from connectors.types import Completion
from shadow.erasure import erase_subject
from shadow.scrub.walk import pseudonym
from shadow.store import S3, open_store, reaching
from shadow.store.shown import shown
from tests.store.contract.test_keeping import NOW, SECRET
from tests.store.postgres import Postgres
from tests.store.seeding import pair, store_pairs


@pytest.mark.parametrize("where", ["password", "port"])
def test_a_catalog_that_refuses_or_is_silent_is_told_without_its_password(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(reaching, "TAKEOVER_S", 0.3)
    catalog = server.database()
    wrong = {"password": catalog.replace(server.password, "hunter2"), "port": catalog.replace(f"{server.port}", "1")}
    with pytest.raises(UserError, match=r"store\.url: .*(authentication failed|refused)") as told:
        open_store(f"ducklake:postgres:{wrong[where]}", data_path=str(tmp_path))
    assert server.password not in str(told.value)
    assert "hunter2" not in str(told.value)
    assert "password=***" in str(told.value)
    assert told.value.__cause__ is None


def test_a_catalog_keeps_no_value_of_an_erased_row(server: Postgres, tmp_path: Path) -> None:
    """Its statistics hold the least and the greatest value of each column, whatever these are."""
    catalog = server.database()
    store = open_store(f"ducklake:postgres:{catalog}", data_path=str(tmp_path))
    store.migrate("shadow")
    ada = {"subject_key": pseudonym("ada"), "candidate": Completion(text=SECRET)}
    store_pairs(store, [pair(n, **(ada if n == 3 else {})) for n in range(50)])
    assert SECRET in _dump(server, catalog)
    erase_subject(store, "ada", "officer", NOW)
    store.compact()
    assert SECRET not in _dump(server, catalog)
    store.close()


def _dump(server: Postgres, catalog: str) -> str:
    command = [server.programs / "pg_dump", catalog]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("ducklake:postgres:host=a password=x dbname=b", "ducklake:postgres:host=a password=*** dbname=b"),
        ("ducklake:postgres:password='x y' host=a", "ducklake:postgres:password=*** host=a"),
        ("ducklake:postgres:postgresql://u:p:w@h:5/d", "ducklake:postgres:postgresql://u:***@h:5/d"),
        (
            "ducklake:postgres:postgresql://h/d?user=u&password=x",
            "ducklake:postgres:postgresql://h/d?user=u&password=***",
        ),
        ("duckdb:a.duckdb", "duckdb:a.duckdb"),
    ],
)
def test_a_password_is_never_shown(url: str, seen: str) -> None:
    assert shown(url) == seen


@pytest.mark.parametrize(
    ("url", "more", "sentence"),
    [
        ("ducklake:postgres:host=a", {}, "store.data_path: a lake needs a folder"),
        ("ducklake:postgres:host=a", {"data_path": "gs://b/c"}, "store.data_path: a lake needs a folder"),
        ("ducklake:postgres:host=a", {"data_path": "s3://b/c"}, "store.s3: a lake on S3 needs its keys"),
        ("ducklake:postgres:host=a", {"data_path": "/srv", "s3": S3("k", "s")}, "store.s3: only a lake with data_path"),
        ("ducklake:sqlite:a.db", {}, "is not a store"),
        ("quack:127.0.0.1:9", {"token": "short"}, "store.token: a store that is served needs a token"),
        ("quack:127.0.0.1:9", {}, "store.token: a store that is served needs a token"),
        ("quack:nowhere", {}, "is not a store"),
        ("quack:127.0.0.1:9", {"serve": "127.0.0.1:1"}, "store.serve: only the owner of a file"),
        ("duckdb:a.duckdb", {"data_path": "b"}, "store.data_path: only a lake"),
        ("duckdb:a.duckdb", {"serve": "nine"}, "store.serve: 'nine' is not HOST:PORT"),
        ("duckdb:a.duckdb", {"serve": "127.0.0.1:1"}, "store.token: a store that is served needs a token"),
    ],
)
def test_settings_that_do_not_fit_are_refused(url: str, more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as told:
        open_store(url, **more)
    assert sentence in str(told.value)


def test_a_silent_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "TAKEOVER_S", 0.3)
    with pytest.raises(UserError, match="nobody serves a store at quack:127"):
        open_store("quack:127.0.0.1:1", token="0" * 32)
