"""A process with a store open until it is killed: `python owner.py PATH`; first prints "owner" or "client"."""

import sys
import time

from shadow.store import DuckDBFile, open_store

store = open_store(f"duckdb:{sys.argv[1]}")
store.migrate("shadow")
sys.stdout.write("owner\n" if isinstance(store, DuckDBFile) and store.is_owner else "client\n")
sys.stdout.flush()
time.sleep(600)
