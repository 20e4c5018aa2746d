"""DuckDB's extensions, loaded from their wheels, so that nothing is downloaded."""

import importlib.resources
from pathlib import Path

import duckdb

from shadow.literals import literal


def prepare(connection: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Load the extensions of these names, and fix what a query may see."""
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET GLOBAL python_enable_replacements = false")
    for name in names:
        folder = Path(str(importlib.resources.files(f"duckdb_extension_{name}")))
        file = folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        connection.execute(f"LOAD {literal(str(file))}")
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
