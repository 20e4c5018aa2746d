"""Every migration is applied to a store with rows in every table: an empty one never shows what an upgrade meets."""

from datetime import UTC, datetime

import pytest

from shadow.migrations import Migration, migrations
from shadow.store import Store, file, lake
from tests.store.contract.conftest import Served

_COLUMNS = """
SELECT table_name, column_name, data_type FROM duckdb_columns()
WHERE database_name = current_database() AND table_name <> 'migrations'
    AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE database_name = current_database())
ORDER BY table_name, column_index
"""
_VALUES = {
    "VARCHAR": "'x'",
    "VARCHAR[]": "['x']",
    "BIGINT": "1",
    "INTEGER": "1",
    "DOUBLE": "0.5",
    "BOOLEAN": "true",
    "TIMESTAMP WITH TIME ZONE": "$now",
}


def seed(store: Store) -> set[str]:
    """Add a row with a value in every column to every table; answers with the tables."""
    tables: dict[str, list[str]] = {}
    for table, _, type_ in store.read(_COLUMNS).iter_rows():
        tables.setdefault(table, []).append(_VALUES[type_])
    statements = [f'INSERT INTO "{table}" VALUES ({", ".join(values)})' for table, values in tables.items()]
    store.change(statements, {"now": datetime.now(UTC)})
    return set(tables)


@pytest.mark.parametrize("served", ["file", "lake"], indirect=True)
def test_each_is_applied_to_what_the_one_before_it_left(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[str, int] = {}

    def so_far(package: str) -> list[Migration]:
        return migrations(package)[: known[package]]

    for module in (file, lake):
        monkeypatch.setattr(module, "migrations", so_far)
    store = served.open()
    seeded: set[str] = set()
    for package in ("shadow", "judge"):
        for number in range(1, len(migrations(package)) + 1):
            known[package] = number
            store.migrate(package)
            seeded |= seed(store)
    assert {"pairs", "checked", "reviews", "verdicts", "signoffs"} <= seeded
    applied = store.read("SELECT count(*) AS n FROM migrations").item()
    assert applied == sum(len(migrations(package)) for package in ("shadow", "judge"))
    for table in seeded:
        assert store.read(f'SELECT count(*) AS n FROM "{table}"').item() > 0
    store.close()
