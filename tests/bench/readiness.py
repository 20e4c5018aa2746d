"""`make bench-readiness`: counts, bounds and states of a thousand cells of ten million pairs; after one new verdict.

The store holds the narrow tables only, which is all that is read. Before that the whole board, of 20 and of 200
workflows, with its queries. Prints its tables and ends with one line; exits with 1 when a bar is missed.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from judge.evidence.cells import Slice, Wanted, cells
from judge.evidence.counters import Counters
from judge.outcomes import Phase
from judge.readiness.policy import policy_of
from judge.readiness.slices import by_slice
from shadow.config import Workflow
from shadow.store import Store, open_store
from tests.bench import board

FULL_S, ONE_S = 1.0, 0.05
WORKFLOWS = 16
START = datetime(2026, 9, 1, tzinfo=UTC)
POLICY = policy_of(Workflow.model_validate({"candidates": ["small"], "judge": {"model": "arbiter"}}))
_ROWS = """
INSERT INTO checked BY NAME
SELECT printf('%016x', i) AS pair_id, 'workflow_' || (i % {workflows}) AS workflow, 'small@1' AS fingerprint,
    $start + to_microseconds((i * {step_us})::BIGINT) AS occurred_at, 'v1' AS checks_version,
    CASE WHEN hash(i, 1) % 100 < 75 THEN 'agree' WHEN hash(i, 1) % 100 < 95 THEN 'disagree' ELSE 'settled' END
        AS stratum,
    CASE WHEN hash(i, 1) % 1000 > 998 THEN 'major' END AS severity, []::VARCHAR[] AS failed,
    hash(i, 2) / 18446744073709551616.0 AS draw, $start + to_microseconds((i * {step_us})::BIGINT) AS checked_at,
    'calls' AS topic, 0 AS "partition", i AS "offset",
    ['short', 'medium', 'long'][1 + (hash(i, 3) % 3)::INTEGER] AS length,
    ['en', 'de', 'fr', 'es', 'it', 'pt'][1 + (hash(i, 4) % 6)::INTEGER] AS language,
    ['tools', 'no tools'][1 + (hash(i, 5) % 2)::INTEGER] AS tools, '{{}}' AS slice_tags
FROM range({pairs}) AS range(i);
INSERT INTO verdicts BY NAME
SELECT 'v' || pair_id AS verdict_id, pair_id, workflow, fingerprint, occurred_at, 'e1' AS epoch,
    'same_answer' AS rubric, 'h' AS rubric_hash, 'arbiter' AS judge_model, FALSE AS order_flip, stratum,
    0.01 AS inclusion_probability,
    CASE WHEN hash(pair_id) % 40 = 0 THEN 'worse_major' ELSE 'equivalent' END AS outcome,
    occurred_at + INTERVAL 1 MINUTE AS judged_at
FROM checked WHERE draw < {judged} AND stratum <> 'settled';
INSERT INTO reviews BY NAME
SELECT 'r' || pair_id AS review_id, pair_id, workflow, fingerprint, occurred_at, 'ada' AS reviewer, '' AS note,
    CASE WHEN outcome = 'worse_major' AND hash(pair_id) % 3 = 0 THEN 'worse_major' ELSE 'equivalent' END AS outcome,
    'production' AS left_arm, judged_at + INTERVAL 1 HOUR AS reviewed_at,
    CASE outcome WHEN 'equivalent' THEN 'audit' ELSE 'confirm' END AS reason
FROM verdicts WHERE outcome <> 'equivalent' OR hash(pair_id) % 20 = 1;
"""


def fill(path: Path, pairs: int) -> None:
    """The rows, written past the store for speed."""
    step_us = int(timedelta(days=49) / timedelta(microseconds=1) / pairs)
    connection = duckdb.connect(str(path))
    connection.execute("SET TimeZone = 'UTC'")
    for statement in _ROWS.format(
        workflows=WORKFLOWS, pairs=pairs, step_us=step_us, judged=min(1.0, 40_000 / pairs)
    ).split(";\n"):
        if statement.strip():
            connection.execute(statement, {"start": START} if "$start" in statement else None)
    connection.close()


def states(counts: dict[Slice, object]) -> int:
    """Bounds and states of every cell; returns how many cells there are."""
    total = 0
    for workflow in range(WORKFLOWS):
        ours = {part: each for part, each in counts.items() if part.workflow == f"workflow_{workflow}"}
        total += 3 * len(by_slice(POLICY, ours, Phase.LIMITED))  # type: ignore[arg-type]
    return total


def best(work: Callable[[], object], times: int = 3) -> float:
    """Seconds of the fastest of a few runs."""
    return min(_seconds(work) for _ in range(times))


def main(pairs: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "narrow.duckdb"
        store: Store = open_store(f"duckdb:{path}")
        store.migrate("shadow")
        store.migrate("judge")
        store.close()
        print(f"filling {pairs:,} pairs took {_seconds(lambda: fill(path, pairs)):.0f} s")
        store = open_store(f"duckdb:{path}")
        try:
            return _measure(store, pairs)
        finally:
            store.close()


def _measure(store: Store, pairs: int) -> int:
    wanted = [Wanted(f"workflow_{number}", "v1", "e1") for number in range(WORKFLOWS)]
    as_of = START + timedelta(days=60)
    counted = best(lambda: cells(store, wanted, as_of))
    counts = cells(store, wanted, as_of)
    decided = best(lambda: states(counts))  # type: ignore[arg-type]
    total = states(counts)  # type: ignore[arg-type]
    kept = Counters(store, wanted, as_of)
    ones = []
    for number in range(5):
        when = as_of + timedelta(seconds=number + 1)
        sample = store.read(
            "SELECT pair_id, occurred_at, workflow FROM checked WHERE stratum = 'agree' AND draw > 0.9 LIMIT 1 OFFSET "
            f"{number}"
        ).to_dicts()[0]
        row = store.read("SELECT * FROM verdicts LIMIT 1").with_columns(
            **{name: _lit(value) for name, value in {**sample, "judged_at": when, "verdict_id": f"new{number}"}.items()}
        )
        store.append("verdicts", row)
        ones.append(_seconds(lambda when=when: _advance(kept, when)))  # type: ignore[misc]
    one = min(ones)
    assert kept.counts == cells(store, wanted, as_of + timedelta(seconds=5)), "counters are a full count"
    print(f"{'cells':>8} {'count s':>9} {'bounds, states s':>17} {'sum s':>8} {'one verdict ms':>15}")
    print(f"{total:>8,} {counted:>9.2f} {decided:>17.2f} {counted + decided:>8.2f} {1000 * one:>15.1f}")
    good = counted + decided < FULL_S and one < ONE_S
    print(
        f"{total:,} cells of {pairs:,} pairs in {counted + decided:.2f} s (bar {FULL_S:g}), after one new verdict "
        f"{1000 * one:.0f} ms (bar {1000 * ONE_S:.0f}): {'holds' if good else 'MISSED'}"
    )
    return 0 if good else 1


def _advance(kept: Counters, when: datetime) -> None:
    changed = kept.advance(when)
    for part in {each._replace(dimension="", value="") for each in changed}:
        ours = {each: kept.counts[each] for each in kept.counts if each[:2] == part[:2]}
        by_slice(POLICY, ours, Phase.LIMITED)


def _lit(value: object) -> object:
    import polars as pl

    return pl.lit(value).cast(pl.Datetime("us", "UTC")) if isinstance(value, datetime) else pl.lit(value)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", nargs="?", type=int, default=10_000_000)
    wanted = parser.parse_args().pairs
    board_holds = board.main(min(wanted, board.PAIRS))
    sys.exit(max(main(wanted), 0 if board_holds else 1))
