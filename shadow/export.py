"""The store's tables as Parquet files."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from shadow.store import Store

ROWS = 50_000
_TABLES = """
SELECT table_name, bool_or(column_name = 'workflow') AS of_workflows FROM duckdb_columns()
WHERE database_name = current_database()
    AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE database_name = current_database())
GROUP BY ALL ORDER BY 1
"""


def export(store: Store, folder: Path, workflow: str | None) -> Iterator[tuple[Path, int]]:
    """Write DIR/TABLE.parquet for each table; yields each file and its rows, as it is done.

    With a workflow: its rows, of the tables that know workflows. A table is read in parts, so that memory stays
    bounded; what is appended meanwhile is left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for table, of_workflows in store.read(_TABLES).iter_rows():
        if workflow is None or of_workflows:
            path = folder / f"{table}.parquet"
            yield path, _write(store, table, workflow, path)


def _write(store: Store, table: str, workflow: str | None, path: Path) -> int:
    last = store.read(f'SELECT coalesce(max(rowid), -1) AS last FROM "{table}"').item()
    mine = "" if workflow is None else " AND workflow = $workflow"
    part = f'SELECT * FROM "{table}" WHERE rowid >= $low AND rowid < $high{mine} ORDER BY rowid'
    empty = store.read(f'SELECT * FROM "{table}" WHERE false').to_arrow()
    rows = 0
    with pq.ParquetWriter(path, empty.schema, compression="zstd") as writer:
        for low in range(0, last + 1, ROWS):
            found = store.read(part, {"low": low, "high": min(low + ROWS, last + 1), "workflow": workflow})
            writer.write_table(found.to_arrow().cast(empty.schema))
            rows += found.height
    return rows
