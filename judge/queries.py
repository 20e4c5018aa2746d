"""What pages and status read beside readiness: pairs by page, one pair whole, health. All filtered in the store."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec
import polars as pl

from connectors.errors import UserError
from judge.checking.loading import checks_version, load_checks
from shadow.bits import blocks, in_block, lacking
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


_WORSE = "('worse_minor', 'worse_major', 'worse_critical', 'both_bad')"
_WHERE = {
    Show.ALL: "",
    Show.DEFECT: "AND stratum = 'settled' AND severity IS NOT NULL",
    Show.DISAGREE: "AND stratum = 'disagree'",
    Show.AGREE: "AND stratum = 'agree'",
    Show.UNREVIEWED: "AND stratum <> 'settled' AND pair_id NOT IN (SELECT pair_id FROM reviewed)",
    Show.REVIEWED: "AND pair_id IN (SELECT pair_id FROM reviewed)",
    Show.JUDGED_WORSE: f"AND pair_id IN (SELECT pair_id FROM judged WHERE verdict IN {_WORSE})",
    Show.UNDECIDED: "AND pair_id IN (SELECT pair_id FROM judged WHERE verdict = 'undecided')",
}
_NEWEST = """
SELECT (SELECT arg_max(checks_version, checked_at) FROM checked WHERE workflow = $workflow) AS version,
    (SELECT arg_max(epoch, judged_at) FROM verdicts WHERE workflow = $workflow) AS epoch
"""
_SAID = """
WITH judged AS (
    SELECT pair_id, arg_min(outcome, judged_at) AS verdict FROM verdicts
    WHERE workflow = $workflow AND epoch = $epoch GROUP BY pair_id
),
reviewed AS (SELECT pair_id, outcome AS review FROM current_reviews WHERE workflow = $workflow)
"""
_LISTED = """
FROM checked WHERE workflow = $workflow AND checks_version = $version
    AND ($fingerprint IS NULL OR fingerprint = $fingerprint)
"""
_HOURS = (
    "SELECT epoch_us(occurred_at) // 3600000000 AS hour, count(*) AS pairs {listed} GROUP BY hour ORDER BY hour DESC"
)
# Hours are what a page is found by, so that only a few of them are sorted.
_ROWS = """
SELECT page.*, verdict, review
FROM (
    SELECT pair_id, occurred_at, workflow, fingerprint, stratum, outcome, severity, failed {listed}
        AND occurred_at >= $earliest AND occurred_at < $latest
    ORDER BY occurred_at DESC, pair_id LIMIT $size OFFSET $skip
) AS page LEFT JOIN judged USING (pair_id) LEFT JOIN reviewed USING (pair_id)
ORDER BY occurred_at DESC, pair_id
"""
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
_BY = ("fingerprint",)
_LACKING = lacking(blocks("pairs", by=_BY), blocks("checked", by=_BY), by=_BY)
# Only blocks that lack a check are looked at pair by pair.
_UNSCORED = f"""
WITH open AS MATERIALIZED (SELECT * FROM ({_LACKING}) WHERE lacking > 0),
seen AS (SELECT pair_id FROM checked SEMI JOIN open ON {in_block("checked", "open", _BY)})
SELECT workflow, count(*) AS pairs, min(mirrored_at) AS oldest
FROM (SELECT pair_id, workflow, mirrored_at FROM pairs SEMI JOIN open ON {in_block("pairs", "open", _BY)})
    ANTI JOIN seen USING (pair_id)
GROUP BY workflow ORDER BY workflow
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
    params: dict[str, Any] = {"workflow": workflow, "fingerprint": fingerprint}
    params |= store.read(_NEWEST, params).to_dicts()[0]
    listed = f"{_LISTED} {_WHERE[show]}"
    hours = store.read(_SAID + _HOURS.format(listed=listed), params)
    rows = store.read(_SAID + _ROWS.format(listed=listed), {**params, **_window(hours, page * size, size)})
    rows = rows.unique("pair_id", keep="first", maintain_order=True)
    return Page(rows, int(hours["pairs"].sum()))


def _window(hours: pl.DataFrame, skip: int, size: int) -> dict[str, Any]:
    """The times between which a page lies, and how many pairs to skip there; `hours` goes from newest to oldest."""
    newer = (hours["pairs"].cum_sum() <= skip).sum()
    enough = (hours["pairs"].cum_sum() < skip + size).sum()
    within = hours["hour"][newer : enough + 1]
    if within.is_empty():
        return {"earliest": None, "latest": None, "skip": 0, "size": size}
    return {
        "earliest": datetime.fromtimestamp(3600 * within[-1], UTC),
        "latest": datetime.fromtimestamp(3600 * (within[0] + 1), UTC),
        "skip": skip - int(hours["pairs"][:newer].sum()),
        "size": size,
    }


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
