"""Look at the newest pairs of a candidate, keep what was found, and read it again as of a time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec
import polars as pl

from judge.degenerate.tells import Degeneracy, Tell, degeneracy
from judge.degenerate.window import window_of
from judge.scoring.worklist import fetch
from shadow.store import Store

WINDOW = 500
"""The newest pairs that are looked at, before repeated requests are left out."""

_NEWEST_PAIRS = """
SELECT pair_id, occurred_at FROM pairs
WHERE workflow = $workflow AND fingerprint = $fingerprint AND examined_by IS NULL
ORDER BY occurred_at DESC LIMIT $limit
"""
_COUNTS = """
SELECT fingerprint, count(*) AS pairs FROM pairs WHERE workflow = $workflow AND examined_by IS NULL
GROUP BY fingerprint ORDER BY 1
"""
_NEWEST = """
SELECT DISTINCT workflow, fingerprint, tell AS name, candidate_answers AS candidate, production_answers AS production,
    requests, flagged, sentence
FROM degenerate JOIN (
    SELECT workflow, fingerprint, max(looked_at) AS looked_at FROM degenerate
    WHERE list_contains($workflows, workflow) AND looked_at <= $as_of GROUP BY ALL
) USING (workflow, fingerprint, looked_at)
ORDER BY name
"""


class Looking:
    """Looks at each candidate of a workflow again when it has new pairs. Use it in one thread at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: dict[tuple[str, str], int] = {}

    def look(self, workflow: str) -> list[Degeneracy]:
        """Look at the candidates with pairs that the last look did not have; what was found is in the store then."""
        return list(self._looks(workflow))

    def _looks(self, workflow: str) -> Iterator[Degeneracy]:
        for fingerprint, pairs in self._store.read(_COUNTS, {"workflow": workflow}).iter_rows():
            if self._seen.get((workflow, fingerprint)) != pairs:
                yield measure(self._store, workflow, fingerprint)
                self._seen[workflow, fingerprint] = pairs


def measure(store: Store, workflow: str, fingerprint: str) -> Degeneracy:
    """What the newest pairs of a candidate show; appended to the store as well, stamped with the present time."""
    newest_pairs = {"workflow": workflow, "fingerprint": fingerprint, "limit": WINDOW}
    pairs = fetch(store, list(store.read(_NEWEST_PAIRS, newest_pairs).iter_rows()))
    found = degeneracy(window_of(sorted(pairs, key=lambda pair: (pair.occurred_at, pair.pair_id))))
    if found.tells:
        store.append("degenerate", _frame(found, workflow, fingerprint, datetime.now(UTC)))
    return found


def newest(store: Store, workflows: Sequence[str], as_of: datetime) -> dict[tuple[str, str], Degeneracy]:
    """What the last look before `as_of` found, by workflow and fingerprint; who was not looked at is left out.

    `state` is blocked when a tell is flagged; then no phase may begin, whatever a judge says of the answers.
    """
    tells: defaultdict[tuple[str, str], list[Tell]] = defaultdict(list)
    for row in store.read(_NEWEST, {"workflows": list(workflows), "as_of": as_of}).iter_rows(named=True):
        tells[row.pop("workflow"), row.pop("fingerprint")].append(Tell(**row))
    return {key: Degeneracy(max(tell.requests for tell in found), found) for key, found in tells.items()}


def _frame(found: Degeneracy, workflow: str, fingerprint: str, now: datetime) -> pl.DataFrame:
    rows = [msgspec.structs.asdict(tell) for tell in found.tells]
    return (
        pl.DataFrame(rows)
        .rename({"name": "tell", "candidate": "candidate_answers", "production": "production_answers"})
        .with_columns(
            pl.col("candidate_answers", "production_answers", "requests").cast(pl.Int64),
            workflow=pl.lit(workflow),
            fingerprint=pl.lit(fingerprint),
            looked_at=pl.lit(now).cast(pl.Datetime("us", "UTC")),
        )
    )
