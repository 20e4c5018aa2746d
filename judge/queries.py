"""What pages and status read beside readiness: one pair whole, health, spend. Lists of pairs: judge.browsing."""

from datetime import UTC, datetime

import msgspec
import polars as pl

from connectors.errors import UserError
from judge.checking.loading import checks_version, load_checks
from shadow.beat import newest_beats
from shadow.bits import blocks, in_block, lacking
from shadow.config import Config
from shadow.pairs import from_frame
from shadow.store import Store
from shadow.types import Pair

_OF_PAIR = "WHERE pair_id = $pair_id AND occurred_at = $occurred_at"
_OF_VERSION = f"{_OF_PAIR} AND checks_version = $checks_version"
_JUDGEMENTS = f"""
SELECT * FROM judgements {_OF_PAIR}
    AND verdict_id IN (SELECT verdict_id FROM verdicts {_OF_PAIR} AND panel IS NOT NULL)
ORDER BY judged_at DESC, judge
"""
_RESULTS = f"""
SELECT * FROM check_results {_OF_VERSION}
QUALIFY row_number() OVER (PARTITION BY check_name ORDER BY checked_at DESC) = 1
ORDER BY checked_at DESC, check_name
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


class PairDetail(msgspec.Struct, frozen=True):
    """A pair with all that was said of it, each frame from newest to oldest.

    `checks` names the configured checks of its workflow, and `checked` says whether these, as they are now, have seen
    the pair. `check_results` holds what did not pass under them, each check once, and nothing of older ones.
    `judgements` has a row for each judge of a verdict, where several were asked.
    """

    pair: Pair
    checks: list[str]
    checked: bool
    check_results: pl.DataFrame
    verdicts: pl.DataFrame
    judgements: pl.DataFrame
    reviews: pl.DataFrame


class Health(msgspec.Struct, frozen=True):
    """What the parts say of themselves, and what waits.

    `heartbeats` holds the newest beat of each process (shadow.beat); `unscored` the pairs that no checks have seen, by
    workflow, with the time of the oldest; `scrubbed` how many values were masked, by kind.
    """

    heartbeats: pl.DataFrame
    unscored: pl.DataFrame
    oldest_unscored_s: float | None
    scrubbed: pl.DataFrame


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
        judgements=store.read(_JUDGEMENTS, params),
        reviews=store.read(f"SELECT * FROM reviews {_OF_PAIR} ORDER BY reviewed_at DESC", params),
    )


def health(store: Store) -> Health:
    """What runs, what waits, and what was masked."""
    waiting = unscored(store)
    oldest = waiting["oldest"].min()
    kinds: dict[str, int] = {}
    for text, pairs in store.read(_SCRUBBED).iter_rows():
        for kind, n in msgspec.json.decode(text, type=dict[str, int]).items():
            kinds[kind] = kinds.get(kind, 0) + n * pairs
    return Health(
        heartbeats=newest_beats(store, datetime.now(UTC)),
        unscored=waiting,
        oldest_unscored_s=(datetime.now(UTC) - oldest).total_seconds() if isinstance(oldest, datetime) else None,
        scrubbed=pl.DataFrame(
            {"kind": list(kinds), "values": list(kinds.values())}, schema={"kind": pl.String, "values": pl.Int64}
        ).sort("values", descending=True),
    )


def unscored(store: Store) -> pl.DataFrame:
    """The pairs that no checks have seen: workflow, pairs, and oldest, when the oldest of them was stored."""
    return store.read(_UNSCORED)


def spend(store: Store) -> pl.DataFrame:
    """Calls and tokens by workflow and arm (production, candidate, judge), as the servers reported them."""
    return store.read(_SPEND)
