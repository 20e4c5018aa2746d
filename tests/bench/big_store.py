"""A store of many pairs of realistic size, made once and kept: what `make bench-store` reads."""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from judge.checking.loading import checks_version, load_checks
from judge.judging.epoch import setup_of
from shadow.config import Config, validate
from shadow.store import open_store

START = datetime(2026, 9, 1, tzinfo=UTC)
SPAN = timedelta(days=60)
PARTITIONS = 12
WORKFLOWS = [f"workflow_{number:02}" for number in range(20)]
OLD, NEW = "small@1", "small@2"
REVIEWS = 2000
CHUNK = 500_000
# Record i: half of them are of the first workflow; one in ten is sampled out, one in a thousand cannot be read.
_RECORDS = """
CREATE OR REPLACE TEMP TABLE records AS
SELECT i, (i % {partitions})::INTEGER AS "partition", i // {partitions} AS "offset",
    CASE WHEN i % 1000 = 7 THEN 'rejected' WHEN hash(i) % 10 = 0 THEN 'skipped' ELSE 'paired' END AS fate,
    CASE WHEN hash(i, 1) % 2 = 0 THEN 0 ELSE (hash(i, 2) % {workflows})::INTEGER END AS number,
    {names}[number + 1] AS workflow, {versions}[number + 1] AS version,
    CASE WHEN i < {switch} THEN '{old}' ELSE '{new}' END AS fingerprint,
    md5(i || fingerprint) AS pair_id,
    $start + to_microseconds((i * {step_us})::BIGINT) AS occurred_at,
    hash(i, 3) % 100 AS dice
FROM range({first}, {last}) AS range(i)
"""


def _text(of: str, words: int) -> str:
    """SQL of a text that no other row has, `words` times 33 bytes long."""
    return " || ' ' || ".join(f"md5(concat(i, '{of}{number}'))" for number in range(words))


_TAGS = """'{"team":"' || ['a', 'b', 'c'][1 + (hash(i, 14) % 3)::INTEGER] || '"}'"""
_PAIRS = f"""
INSERT INTO pairs BY NAME
SELECT pair_id, workflow, fingerprint, 'r' || i AS request_id, occurred_at,
    occurred_at + INTERVAL 1 SECOND AS mirrored_at, 'calls' AS topic, "partition", "offset",
    '{{"messages":[{{"role":"user","content":"' || {_text("prompt", 17)} || '"}}]}}' AS request,
    {_text("production", 4)} AS production_text, 'stop' AS production_finish_reason,
    CASE WHEN hash(i, 4) % 3 = 0 THEN 'large-2' ELSE 'large-1' END AS production_model,
    300 + (hash(i, 5) % 200)::BIGINT AS production_input_tokens,
    20 + (hash(i, 6) % 40)::BIGINT AS production_output_tokens,
    300 + (hash(i, 7) % 1000000) / 1000.0 AS production_latency_ms,
    CASE WHEN dice = 99 THEN NULL ELSE {_text("candidate", 4)} END AS candidate_text,
    'stop' AS candidate_finish_reason, 'small' AS candidate_model,
    290 + (hash(i, 8) % 200)::BIGINT AS candidate_input_tokens,
    20 + (hash(i, 9) % 40)::BIGINT AS candidate_output_tokens,
    60 + (hash(i, 10) % 400000) / 1000.0 AS candidate_latency_ms,
    CASE WHEN dice = 99 THEN 'no answer within 30 s' END AS candidate_error,
    []::VARCHAR[] AS candidate_dropped_params, 0.9 AS inclusion_probability, 's1' AS scrub_version,
    CASE WHEN hash(i, 11) % 10 = 0 THEN '{{"email":' || (1 + hash(i, 12) % 3) || '}}' ELSE '{{}}' END AS scrubbed,
    {_TAGS} AS tags, md5(i::VARCHAR) AS trace_id,
    CASE WHEN hash(i, 13) % 50 = 0 THEN '"billing"' END AS ground_truth
FROM records WHERE fate = 'paired'
"""
_REST = """
INSERT INTO skipped BY NAME
SELECT 'calls' AS topic, "partition", "offset", workflow,
    CASE hash(i, 31) % 10 WHEN 0 THEN 'shed' ELSE 'sampled_out' END
    AS reason, 0.9 AS inclusion_probability, occurred_at + INTERVAL 1 SECOND AS skipped_at
FROM records WHERE fate = 'skipped';
INSERT INTO rejected BY NAME
SELECT 'calls' AS topic, "partition", "offset", 'not JSON' AS reason, 900 AS size_bytes,
    occurred_at + INTERVAL 1 SECOND AS rejected_at
FROM records WHERE fate = 'rejected';
"""
# Of the pairs 60 % agree, 15 % differ, 25 % are settled, a tenth of these as defects.
_CHECKED = """
INSERT INTO check_results BY NAME
SELECT pair_id, workflow, fingerprint, occurred_at, version AS checks_version, 'text_agreement' AS check_name,
    CASE WHEN dice % 20 = 19 THEN 'SKIP' ELSE 'FAIL' END AS status, 'major' AS severity,
    'production and candidate differ: 0.71 alike, wanted 0.9' AS detail, occurred_at + INTERVAL 10 SECOND AS checked_at
FROM records WHERE fate = 'paired' AND dice >= 80;
INSERT INTO checked BY NAME
SELECT pair_id, workflow, fingerprint, occurred_at, version AS checks_version,
    CASE WHEN dice < 60 THEN 'agree' WHEN dice < 75 THEN 'disagree' ELSE 'settled' END AS stratum,
    CASE WHEN dice >= 97 THEN 'worse_major' WHEN dice >= 75 THEN 'equivalent' END AS outcome,
    CASE WHEN dice >= 97 THEN 'major' END AS severity,
    CASE WHEN dice >= 80 THEN ['text_agreement'] ELSE []::VARCHAR[] END AS failed,
    hash(pair_id) / 18446744073709551616.0 AS draw, occurred_at + INTERVAL 10 SECOND AS checked_at,
    'calls' AS topic, "partition", "offset", {tags} AS tags
FROM records WHERE fate = 'paired';
INSERT INTO verdicts BY NAME
SELECT md5(pair_id) AS verdict_id, pair_id, workflow, fingerprint, occurred_at, 'e1' AS epoch, 'same_answer' AS rubric,
    'h' AS rubric_hash, '{setup}' AS setup, 'arbiter-7' AS judge_model,
    ['equivalent', 'equivalent', 'equivalent', 'candidate_better', 'worse_minor', 'worse_major', 'undecided'][
        1 + (hash(i, 41) % 7)::INTEGER] AS outcome,
    hash(i, 42) % 20 = 0 AS order_flip, '{"reason":"both say the same"}' AS reply_production_first,
    '{"reason":"both say the same"}' AS reply_candidate_first, 'disagree' AS stratum, 0.01 AS inclusion_probability,
    900 AS input_tokens, 60 AS output_tokens, 700.0 AS latency_ms, occurred_at + INTERVAL 1 MINUTE AS judged_at
FROM records WHERE fate = 'paired' AND hash(i, 40) % 100 = 0;
INSERT INTO reviews BY NAME
SELECT md5(pair_id || 'ada') AS review_id, pair_id, workflow, fingerprint, occurred_at, 'ada' AS reviewer,
    ['equivalent', 'worse_minor', 'worse_major'][1 + (hash(i, 51) % 3)::INTEGER] AS outcome, '' AS note,
    'production' AS left_arm, occurred_at + INTERVAL 1 HOUR AS reviewed_at
FROM records WHERE fate = 'paired' AND hash(i, 40) % 100 = 0 AND hash(i, 50) % {every} = 0;
"""


def configuration() -> Config:
    """Twenty workflows with one candidate and one judge each."""
    workflow = {
        "candidates": ["small"],
        "checks": [{"check": "text_agreement"}],
        "judge": {"model": "arbiter", "share_of_agreements": 0.01, "share_of_disagreements": 0.05},
    }
    raw = {
        "source": {"kind": "file"},
        "models": {"small": {"kind": "openai"}, "arbiter": {"kind": "openai"}},
        "workflows": dict.fromkeys(WORKFLOWS, workflow),
    }
    return validate(Config, raw, "bench.toml")


def big_store(folder: Path, pairs: int) -> Path:
    """The file with about so many pairs; made when it is not there, which takes up to a minute a million.

    One that an older version made is migrated where it lies, and its checks are those of this version from then on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"pairs-{pairs}.duckdb"
    if path.exists():
        _renew(path)
        return path
    making = path.with_suffix(".making")
    for left in folder.glob(f"{making.name}*"):
        left.unlink()
    versions = _versions(making)
    records = int(pairs / 0.899)
    connection = duckdb.connect(str(making))
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    for statement in _statements(records, versions):
        connection.execute(statement, {"start": START} if "$start" in statement else None)
    connection.execute("CHECKPOINT")
    connection.close()
    making.rename(path)
    return path


def _renew(path: Path) -> None:
    """Bring a kept file up to this version, as an upgrade would; then call checks and judge by today's names."""
    versions = _versions(path)
    setup = setup_of(configuration(), WORKFLOWS[0])
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE verdicts SET setup = $setup WHERE setup IS DISTINCT FROM $setup", {"setup": setup})
        for name, version in versions.items():
            old = connection.execute("SELECT checks_version FROM checked WHERE workflow = ? LIMIT 1", [name]).fetchone()
            if old and old[0] != version:
                for table in ("checked", "check_results"):
                    connection.execute(f"UPDATE {table} SET checks_version = ? WHERE workflow = ?", [version, name])


def _versions(path: Path) -> dict[str, str]:
    """Migrate a store, made when it is not there; answers with the version of each workflow's checks."""
    store = open_store(f"duckdb:{path}")
    try:
        store.migrate("shadow")
        store.migrate("judge")
        config = configuration()
        checks = {name: load_checks(name, config.workflows[name].checks, "the benchmark") for name in WORKFLOWS}
        return {name: checks_version(each) for name, each in checks.items()}
    finally:
        store.close()


def _statements(records: int, versions: dict[str, str]) -> Iterator[str]:
    begun = time.monotonic()
    setup = str(setup_of(configuration(), WORKFLOWS[0]))
    for first in range(0, records, CHUNK):
        last = min(first + CHUNK, records)
        yield _RECORDS.format(
            partitions=PARTITIONS, workflows=len(WORKFLOWS), switch=int(records * 0.6), old=OLD, new=NEW,
            step_us=int(SPAN / timedelta(microseconds=1) / records), first=first, last=last,
            names=list(versions), versions=list(versions.values()),
        )  # fmt: skip
        yield _PAIRS
        yield _REST
        reviewed_every = str(max(1, records // (100 * REVIEWS)))
        yield _CHECKED.replace("{tags}", _TAGS).replace("{every}", reviewed_every).replace("{setup}", setup)
        sys.stderr.write(f"\rmade {last:,} of {records:,} records in {time.monotonic() - begun:.0f} s")
    sys.stderr.write("\n")
