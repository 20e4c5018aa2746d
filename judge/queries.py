"""What pages and status read beside readiness: pairs by page, one pair whole, health. All filtered in the store."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec
import polars as pl

from connectors.errors import UserError
from judge.checking.loading import checks_version, load_checks
from shadow.config import Config
from shadow.pairs import from_frame
from shadow.store import Store
from shadow.types import Pair


class Show(StrEnum):
    """Which pairs a list shows."""

    ALL = "all"
    DEFECT = "defect"
    DISAGREE = "disagree"
    AGREE = "agree"
    UNREVIEWED = "unreviewed"
    REVIEWED = "reviewed"
    JUDGED_WORSE = "judged_worse"
    UNDECIDED = "undecided"


_WHERE = {
    Show.ALL: "TRUE",
    Show.DEFECT: "stratum = 'settled' AND severity IS NOT NULL",
    Show.DISAGREE: "stratum = 'disagree'",
    Show.AGREE: "stratum = 'agree'",
    Show.UNREVIEWED: "stratum <> 'settled' AND review IS NULL",
    Show.REVIEWED: "review IS NOT NULL",
    Show.JUDGED_WORSE: "verdict IN ('worse_minor', 'worse_major', 'worse_critical', 'both_bad')",
    Show.UNDECIDED: "verdict = 'undecided'",
}
_ROWS = """
WITH judged AS (
    SELECT pair_id, arg_min(outcome, judged_at) AS verdict FROM verdicts
    WHERE workflow = $workflow AND epoch = (SELECT arg_max(epoch, judged_at) FROM verdicts WHERE workflow = $workflow)
    GROUP BY pair_id
),
reviewed AS (SELECT pair_id, outcome AS review FROM current_reviews WHERE workflow = $workflow),
rows AS (
    SELECT pair_id, occurred_at, workflow, fingerprint, stratum, outcome, severity, failed, verdict, review
    FROM checked LEFT JOIN judged USING (pair_id) LEFT JOIN reviewed USING (pair_id)
    WHERE workflow = $workflow AND ($fingerprint IS NULL OR fingerprint = $fingerprint)
        AND checks_version = (SELECT arg_max(checks_version, checked_at) FROM checked WHERE workflow = $workflow)
)
"""
_BY_TIME = "ORDER BY occurred_at DESC, pair_id LIMIT $size OFFSET $skip"
_OF_PAIR = "WHERE pair_id = $pair_id AND occurred_at = $occurred_at"
_OF_VERSION = f"{_OF_PAIR} AND checks_version = $checks_version"
_RESULTS = f"""
SELECT * FROM check_results {_OF_VERSION}
QUALIFY row_number() OVER (PARTITION BY check_name ORDER BY checked_at DESC) = 1
ORDER BY checked_at DESC, check_name
"""
_HEARTBEATS = """
SELECT component, instance, beat_at, state, lag, in_flight, oldest_in_flight_s, detail FROM heartbeats
QUALIFY row_number() OVER (PARTITION BY component, instance ORDER BY beat_at DESC) = 1
ORDER BY beat_at DESC
"""
_UNSCORED = """
SELECT workflow, count(*) AS pairs, min(mirrored_at) AS oldest FROM pairs
WHERE pair_id NOT IN (SELECT pair_id FROM checked) GROUP BY workflow ORDER BY workflow
"""
_SCRUBBED = "SELECT scrubbed, count(*) AS pairs FROM pairs WHERE scrubbed <> '{}' GROUP BY scrubbed"
_SPEND = """
SELECT workflow, 'production' AS arm, count(*) AS calls, sum(production_input_tokens)::BIGINT AS input_tokens,
    sum(production_output_tokens)::BIGINT AS output_tokens FROM pairs GROUP BY workflow
UNION ALL
SELECT workflow, 'candidate', count(*), sum(candidate_input_tokens)::BIGINT, sum(candidate_output_tokens)::BIGINT
FROM pairs GROUP BY workflow
UNION ALL
SELECT workflow, 'judge', count(reply_production_first) + count(reply_candidate_first), sum(input_tokens)::BIGINT,
    sum(output_tokens)::BIGINT
FROM verdicts GROUP BY workflow
ORDER BY ALL
"""


class Page(msgspec.Struct, frozen=True):
    """One page of a list: `rows` from newest to oldest, and how many pairs the whole list has.

    A pair that was stored as checked twice is shown once, and counted twice: telling would cost more than the page.
    """

    rows: pl.DataFrame
    total: int


class PairDetail(msgspec.Struct, frozen=True):
    """A pair with all that was said of it, each frame from newest to oldest.

    `checks` names the configured checks of its workflow, and `checked` says whether these, as they are now, have seen
    the pair. `check_results` holds what did not pass under them, each check once, and nothing of older ones.
    """

    pair: Pair
    checks: list[str]
    checked: bool
    check_results: pl.DataFrame
    verdicts: pl.DataFrame
    reviews: pl.DataFrame


class Health(msgspec.Struct, frozen=True):
    """What the parts say of themselves, and what waits.

    `heartbeats` holds the newest beat of each component and instance; `unscored` the pairs that no checks have seen, by
    workflow, with the time of the oldest; `scrubbed` how many values were masked, by kind.
    """

    heartbeats: pl.DataFrame
    unscored: pl.DataFrame
    oldest_unscored_s: float | None
    scrubbed: pl.DataFrame


def pairs_page(
    store: Store, workflow: str, fingerprint: str | None = None, show: Show = Show.ALL, page: int = 0, size: int = 25
) -> Page:
    """A page, from 0, of the checked pairs of a workflow, newest first.

    Rows are narrow: pair_id, occurred_at, workflow, fingerprint, stratum, outcome, severity, failed, verdict, review.
    """
    params: dict[str, Any] = {"workflow": workflow, "fingerprint": fingerprint, "size": size, "skip": page * size}
    where = _WHERE[show]
    rows = store.read(f"{_ROWS} SELECT * FROM rows WHERE {where} {_BY_TIME}", params)
    rows = rows.unique("pair_id", keep="first", maintain_order=True)
    total = store.read(f"{_ROWS} SELECT count(*) AS n FROM rows WHERE {where}", params).item()
    return Page(rows, int(total))


def pair_detail(store: Store, config: Config, pair_id: str, occurred_at: datetime) -> PairDetail:
    """A pair by its reference; raises UserError when there is none."""
    params = {"pair_id": pair_id, "occurred_at": occurred_at}
    found = store.read(f"SELECT * FROM pairs {_OF_PAIR} LIMIT 1", params)
    if found.is_empty():
        raise UserError(
            f"there is no pair {pair_id} of {occurred_at.isoformat()}; go back to the list and open another."
        )
    pair = from_frame(found)[0]
    workflow = config.workflows.get(pair.workflow)
    checks = load_checks(pair.workflow, workflow.checks if workflow else [], "the configuration")
    of_version = {**params, "checks_version": checks_version(checks)}
    return PairDetail(
        pair=pair,
        checks=[check.name for check in checks],
        checked=store.read(f"SELECT count(*) AS n FROM checked {_OF_VERSION}", of_version).item() > 0,
        check_results=store.read(_RESULTS, of_version),
        verdicts=store.read(f"SELECT * FROM verdicts {_OF_PAIR} ORDER BY judged_at DESC", params),
        reviews=store.read(f"SELECT * FROM reviews {_OF_PAIR} ORDER BY reviewed_at DESC", params),
    )


def health(store: Store) -> Health:
    """What runs, what waits, and what was masked."""
    unscored = store.read(_UNSCORED)
    oldest = unscored["oldest"].min()
    kinds: dict[str, int] = {}
    for text, pairs in store.read(_SCRUBBED).iter_rows():
        for kind, n in msgspec.json.decode(text, type=dict[str, int]).items():
            kinds[kind] = kinds.get(kind, 0) + n * pairs
    return Health(
        heartbeats=store.read(_HEARTBEATS),
        unscored=unscored,
        oldest_unscored_s=(datetime.now(UTC) - oldest).total_seconds() if isinstance(oldest, datetime) else None,
        scrubbed=pl.DataFrame(
            {"kind": list(kinds), "values": list(kinds.values())}, schema={"kind": pl.String, "values": pl.Int64}
        ).sort("values", descending=True),
    )


def spend(store: Store) -> pl.DataFrame:
    """Calls and tokens by workflow and arm (production, candidate, judge), as the servers reported them."""
    return store.read(_SPEND)
