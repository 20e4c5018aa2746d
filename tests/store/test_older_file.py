"""A store made by the first version, with rows in it, is opened by this one."""

from pathlib import Path

import pytest

from shadow.funnel import funnel
from shadow.migrations import migrations
from shadow.pairs import to_frame
from shadow.store import DuckDBFile, file
from tests.store.seeding import pair
from tests.store.test_one_process import rejected


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Only the first migration of each package applied, and rows written with it."""
    path = tmp_path / "older.duckdb"
    with monkeypatch.context() as then:
        then.setattr(file, "migrations", lambda package: migrations(package)[:1])
        store = DuckDBFile(path)
        store.migrate("shadow")
        store.migrate("judge")
        store.append("pairs", to_frame([pair(n) for n in range(5)]).drop("examined_by", "examined"))
        store.append("rejected", rejected([5]))
        assert store.read("SELECT count(*) AS n FROM migrations").item() == 2
        store.close()
    return path


def test_it_is_brought_up_to_date_and_keeps_its_rows(older: Path) -> None:
    store = DuckDBFile(older)
    store.migrate("shadow")
    store.migrate("judge")
    applied = store.read("SELECT package, number FROM migrations ORDER BY ALL").rows()
    assert applied == [(package, each.number) for package in ("judge", "shadow") for each in migrations(package)]
    assert store.read("SELECT count(*) AS n FROM pairs").item() == 5
    assert store.read("SELECT count(*) AS n FROM erasures").item() == 0
    assert funnel(store).sentence.startswith("6 seen = 5 paired")
    store.close()
