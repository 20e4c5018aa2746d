"""The process that owns a store until it is killed: `python -m tests.faults.owner PATH`."""

import sys
import time

from shadow.store import open_store

store = open_store(f"duckdb:{sys.argv[1]}")
store.migrate("shadow")
store.migrate("judge")
sys.stdout.write("ready\n")
sys.stdout.flush()
time.sleep(86_400)
