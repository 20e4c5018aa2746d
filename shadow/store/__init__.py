"""The store behind a URL: append frames, read frames, migrate, close. The only package that knows DuckDB.

`duckdb:PATH` is one file, `quack:HOST:PORT` the same from another machine, `ducklake:postgres:...` a lake for many
machines (docs/decisions/006-store-at-three-sizes.md).
"""

from shadow.store.file import DuckDBFile
from shadow.store.opening import open_store
from shadow.store.protocol import Store
from shadow.store.s3 import S3

__all__ = ["S3", "DuckDBFile", "Store", "open_store"]
