"""A process that owns a store and serves it until it is killed: `python server.py PATH HOST:PORT TOKEN`."""

import sys
import time

from shadow.store import open_store

_, path, address, token = sys.argv
store = open_store(f"duckdb:{path}", serve=address, token=token)
store.migrate("shadow")
store.migrate("judge")
sys.stdout.write("serving\n")
sys.stdout.flush()
time.sleep(600)
