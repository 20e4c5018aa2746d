"""Migrations: applied once, each with its record, by the owner alone; another version is refused."""

import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from connectors.errors import UserError
from judge.scoring.plan import Plan
from judge.scoring.rows import Checked, checked_frame
from judge.scoring.slicing import Slices
from judge.scoring.worklist import count_unchecked
from shadow.migrations import Migration, migrations, pending
from shadow.pairs import to_frame
from shadow.store import DuckDBFile, file, reaching
from tests.store.processes import owner
from tests.store.seeding import AGREE, NOON, pair


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBFile]:
    store = DuckDBFile(tmp_path / "s.duckdb")
    yield store
    store.close()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sql folder of a package of our own, named `grown`."""
    folder = tmp_path / "grown" / "sql"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "0001_first.sql").write_text("CREATE TABLE first (a INTEGER);")
    (folder / "notes.txt").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    sys.modules.pop("grown", None)


def applied(store: DuckDBFile) -> list[tuple[str, int]]:
    return store.read("SELECT package, number FROM migrations ORDER BY 1, 2").rows()


def test_both_packages_share_a_store_and_a_second_run_changes_nothing(store: DuckDBFile) -> None:
    for _ in range(2):
        store.migrate("shadow")
        store.migrate("judge")
    assert applied(store) == [
        *[("judge", file.number) for file in migrations("judge")],
        *[("shadow", file.number) for file in migrations("shadow")],
    ]
    recorded = store.read(
        "SELECT name, sha256, applied_at FROM migrations WHERE package = 'shadow' AND number = 1"
    ).row(0)
    first = migrations("shadow")[0]
    assert recorded[:2] == (first.name, first.sha256)
    assert recorded[2].tzinfo is not None


def test_a_later_file_is_applied_to_an_older_store(store: DuckDBFile, package: Path) -> None:
    store.migrate("grown")
    (package / "0002_second.sql").write_text(
        "ALTER TABLE first ADD COLUMN b INTEGER; CREATE VIEW v AS SELECT b FROM first;"
    )
    store.migrate("grown")
    assert applied(store) == [("grown", 1), ("grown", 2)]
    assert store.read("FROM v").columns == ["b"]


def test_a_failing_file_leaves_neither_itself_nor_a_record(store: DuckDBFile, package: Path) -> None:
    (package / "0002_second.sql").write_text("CREATE TABLE half (a INTEGER); SELECT nosuch;")
    with pytest.raises(duckdb.BinderException):
        store.migrate("grown")
    assert applied(store) == [("grown", 1)]
    assert store.read("SELECT 1 FROM duckdb_tables() WHERE table_name = 'half'").is_empty()


def test_a_changed_file_is_refused(store: DuckDBFile, package: Path) -> None:
    store.migrate("grown")
    (package / "0001_first.sql").write_text("CREATE TABLE first (a BIGINT);")
    with pytest.raises(UserError, match=r"migration 0001_first\.sql is not the one this store was made with; use"):
        store.migrate("grown")


def test_a_client_waits_for_the_owner_and_says_when_it_runs_another_version(
    tmp_path: Path, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "TAKEOVER_S", 0.5)
    with owner(tmp_path / "s.duckdb"):
        store = DuckDBFile(tmp_path / "s.duckdb")
        store.migrate("shadow")
        with pytest.raises(UserError, match=r"has not applied 0001_first\.sql of grown; it runs another version"):
            store.migrate("grown")
        store.close()


ONE, TWO = Migration(1, "0001_one.sql", "SELECT 1"), Migration(2, "0002_two.sql", "SELECT 2")


@pytest.mark.parametrize(
    ("seen", "missing"),
    [({}, [ONE, TWO]), ({1: ONE.sha256}, [TWO]), ({1: ONE.sha256, 2: TWO.sha256}, []), ({2: TWO.sha256}, [ONE])],
)
def test_pending(seen: dict[int, str], missing: list[Migration]) -> None:
    assert pending([ONE, TWO], seen, "s.duckdb") == missing


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        ({1: "0"}, "s.duckdb: migration 0001_one.sql is not the one"),
        ({1: ONE.sha256, 3: "0"}, "s.duckdb: migration number 3 is not the one"),
    ],
)
def test_pending_refuses_a_store_of_another_version(seen: dict[int, str], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        pending([ONE, TWO], seen, "s.duckdb")


def test_pairs_checked_in_an_older_store_learn_which_record_they_are_of(
    store: DuckDBFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(file, "migrations", lambda package: migrations(package)[:1])
        store.migrate("shadow")
        store.migrate("judge")
        pairs = [pair(n, tags={"team": "a"}) for n in range(3)]
        store.append("pairs", to_frame(pairs).drop("examined_by", "examined"))
        rows = checked_frame([Checked(each, [], AGREE) for each in pairs[1:]], "v1", NOON)
        store.append("checked", rows.drop("topic", "partition", "offset", "tags", "textless", *Slices._fields))
    store.migrate("shadow")
    store.migrate("judge")
    found = store.read('SELECT topic, "partition", "offset", tags FROM checked ORDER BY ALL')
    assert found.rows() == [("calls", 0, 1, '{"team":"a"}'), ("calls", 0, 2, '{"team":"a"}')]
    assert count_unchecked(store, Plan("triage", [], "v1", None)) == 1
