"""Labels that came with recorded pairs, as reviews."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from judge.outcomes import Outcome
from judge.signing.canonical import digest as sha256
from shadow.types import Pair

OUTCOMES = {
    "production": Outcome.WORSE_MAJOR,
    "candidate": Outcome.CANDIDATE_BETTER,
    "tie": Outcome.EQUIVALENT,
}
"""A label says who is better and not by how much: that production is counts as a major defect of the candidate."""

_TIMES = {"occurred_at": pl.Datetime("us", "UTC"), "reviewed_at": pl.Datetime("us", "UTC")}


def reviews_of(labelled: Sequence[tuple[Pair, str]], reviewer: str, now: datetime) -> pl.DataFrame:
    """The rows of `reviews` for pairs and who is better in each: production, candidate or tie; not authenticated."""
    rows = [
        {
            "review_id": sha256("\x00".join((reviewer, pair.pair_id, "import")))[:32],
            "pair_id": pair.pair_id,
            "workflow": pair.workflow,
            "fingerprint": pair.fingerprint,
            "occurred_at": pair.occurred_at,
            "reviewer": reviewer,
            "outcome": str(OUTCOMES[label]),
            "note": "",
            "left_arm": "production",
            "reviewed_at": now,
            "authenticated": False,
            "session": "import",
        }
        for pair, label in labelled
    ]
    return pl.DataFrame(rows, schema_overrides=_TIMES)
