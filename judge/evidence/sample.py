"""A few pairs of each stratum, drawn at random, for people who want to see what the numbers count."""

from typing import Any

import msgspec
import polars as pl

from judge.outcomes import Stratum
from judge.scoring.worklist import fetch
from shadow.store import Store
from shadow.types import Pair

# The draw of a pair is a hash of its id, so the lowest ones are a random sample that is the same at every asking.
_DRAWN = """
SELECT DISTINCT pair_id, occurred_at, stratum, outcome, severity, failed, draw FROM checked
WHERE workflow = $workflow AND fingerprint = $fingerprint AND checks_version = $checks AND stratum = $stratum
ORDER BY draw LIMIT $size
"""


class Sampled(msgspec.Struct, frozen=True):
    """A pair, the stratum that its checks put it in, the outcome where they know it, and the checks it failed."""

    pair: Pair
    stratum: str
    outcome: str | None
    severity: str | None
    failed: list[str]


def sample(store: Store, workflow: str, fingerprint: str, checks: str, each: int) -> list[Sampled]:
    """At most `each` pairs of every stratum, as one set of checks saw them."""
    params: dict[str, Any] = {"workflow": workflow, "fingerprint": fingerprint, "checks": checks, "size": each}
    rows = pl.concat([store.read(_DRAWN, {**params, "stratum": str(stratum)}) for stratum in Stratum])
    found: list[Sampled] = []
    for row in rows.iter_rows(named=True):
        for pair in fetch(store, [(row["pair_id"], row["occurred_at"])]):
            found.append(Sampled(pair, row["stratum"], row["outcome"], row["severity"], row["failed"]))
    return found
