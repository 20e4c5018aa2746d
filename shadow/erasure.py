"""Retention and erasure: the only two ways in which rows leave the store, each on record in `erasures`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec

from shadow.scrub import MASKED, Policy
from shadow.store import Store

# Whatever package they belong to: the tables that speak of a pair.
_TABLES = """
SELECT DISTINCT table_name FROM duckdb_columns()
WHERE database_name = current_database() AND column_name = 'pair_id' AND table_name <> 'pairs'
    AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE database_name = current_database())
ORDER BY 1
"""
_OF_SUBJECT = "list_contains($keys, subject_key)"
_OF_AGE = "workflow = $workflow AND occurred_at < $before"
_NOTHING_ELSE: Mapping[str, str] = {}


class Erasure(msgspec.Struct, frozen=True):
    """How many pairs went, and how many rows of all tables, pairs included."""

    pairs: int
    rows: int


def erase_subject(store: Store, subject_key: str, by: str, now: datetime, policies: Iterable[Policy] = ()) -> Erasure:
    """Delete all that belongs to a subject key, as the captured records had it; recorded even when there was nothing.

    The key is not kept. `policies` are those of the workflows: each may make another pseudonym of it.
    Raises UserError where only another process may delete.
    """
    keys = sorted({policy.subject(subject_key) for policy in (MASKED, *policies)})
    params = {"keys": keys, "workflow": None, "before": None}
    return _erase(store, "subject", _OF_SUBJECT, params, by, now)


def retain(
    store: Store,
    days: int | None,
    days_by_workflow: Mapping[str, int | None],
    by: str,
    now: datetime,
    also: Mapping[str, str] = _NOTHING_ELSE,
) -> dict[str, Erasure]:
    """Delete pairs whose call is older than their workflow's days, else `days`; None keeps for ever.

    `also` names tables that speak of a workflow and of no pair, and the column with the time that makes a row old.
    Returns what went, by workflow. Raises UserError where only another process may delete.
    """
    old = [f"SELECT 1 AS old FROM pairs WHERE {_OF_AGE}"]
    others = [f'"{table}" WHERE workflow = $workflow AND "{column}" < $before' for table, column in also.items()]
    is_old = " UNION ALL ".join([*old, *(f"SELECT 1 FROM {each}" for each in others)])
    gone: dict[str, Erasure] = {}
    for workflow in store.read("SELECT DISTINCT workflow FROM pairs ORDER BY 1")["workflow"]:
        keep = days_by_workflow.get(workflow) or days
        if keep is None:
            continue
        params = {"workflow": workflow, "before": now - timedelta(days=keep)}
        if store.read(f"{is_old} LIMIT 1", params).is_empty():
            continue
        gone[workflow] = _erase(store, "age", _OF_AGE, params, by, now, others)
    return gone


def _erase(
    store: Store,
    why: str,
    which: str,
    params: Mapping[str, Any],
    by: str,
    now: datetime,
    others: Sequence[str] = (),
) -> Erasure:
    """Record first, while the rows can be counted; then leave their places; then delete."""
    tables = store.read(_TABLES)["table_name"].to_list()
    ids = f"(SELECT pair_id FROM pairs WHERE {which})"
    rows = [*(f'"{table}" WHERE pair_id IN {ids}' for table in tables), *others]
    count = " + ".join(f"(SELECT count(*) FROM {each})" for each in [f"pairs WHERE {which}", *rows])
    record = (
        "INSERT INTO erasures SELECT $id, $why, $workflow, $before, "
        f"(SELECT count(*) FROM pairs WHERE {which}), {count}, $by, $now"
    )
    places = (
        'INSERT INTO erased SELECT topic, "partition", "offset", workflow, min(mirrored_at), $now '
        f"FROM pairs WHERE {which} GROUP BY ALL"
    )
    deletes = [f"DELETE FROM {each}" for each in rows]
    last = f"DELETE FROM pairs WHERE {which}"
    values = {**params, "id": uuid4().hex, "why": why, "by": by, "now": now}
    _, _, *removed = store.change([record, places, *deletes, last], values)
    return Erasure(pairs=removed[-1], rows=sum(removed))
