"""Records as bits, against sets: the same counts, whatever the offsets."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shadow.bits import BLOCK, blocks, in_block, lacking
from shadow.store import Store, open_store

EDGE = 1 << BLOCK
OFFSETS = st.one_of(
    st.integers(0, 40), st.integers(EDGE - 3, EDGE + 3), st.sampled_from([3 * EDGE - 1, 2**31, 2**40, 2**62])
)
ROWS = st.lists(st.tuples(st.sampled_from(["calls", "more"]), st.integers(0, 1), OFFSETS), max_size=30)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path: Path = tmp_path_factory.mktemp("bits")
    store = open_store(f"duckdb:{path}/s.duckdb")
    store.migrate("shadow")
    yield store
    store.close()


def values(rows: list[tuple[str, int, int]]) -> str:
    listed = ", ".join(
        f"('{topic}', {partition}, {offset}::BIGINT)" for topic, partition, offset in rows or [("", 0, 0)]
    )
    columns = 't(topic, "partition", "offset")'
    return f"(SELECT * FROM (VALUES {listed}) AS {columns} {'' if rows else 'WHERE FALSE'})"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, others=ROWS)
def test_bits_count_what_sets_count(
    store: Store, rows: list[tuple[str, int, int]], others: list[tuple[str, int, int]]
) -> None:
    found = store.read(f"SELECT sum(bit_count(bits)) AS distinct_rows, sum(n) AS rows FROM ({blocks(values(rows))})")
    assert found.row(0) == ((len(set(rows)), len(rows)) if rows else (None, None))
    sql = f"SELECT sum(lacking)::BIGINT FROM ({lacking(blocks(values(rows)), blocks(values(others)))})"
    assert (store.read(sql).item() or 0) == len(set(rows) - set(others))


def test_rows_are_found_again_by_their_block(store: Store) -> None:
    rows = [("calls", 0, 5), ("calls", 0, EDGE + 5), ("calls", 1, 5)]
    held = [("calls", 0, 5), ("calls", 1, 5)]
    sql = f"""
    WITH a AS {values(rows)}, open AS (SELECT * FROM ({lacking(blocks("a"), blocks(values(held)))}) WHERE lacking > 0)
    SELECT a."offset" FROM a SEMI JOIN open ON {in_block("a", "open")}
    """
    assert store.read(sql).equals(pl.DataFrame({"offset": [EDGE + 5]}))
