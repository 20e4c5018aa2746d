"""What the last seven days brought to each workflow: pairs, verdicts, reviews, and what judging cost."""

from datetime import datetime, timedelta

import msgspec

from shadow.store import Store

WEEK = timedelta(days=7)
_WEEK = """
WITH calls AS (
    SELECT workflow, call_id, max(usd) FILTER (entry = 'settled') AS settled, max(usd) AS most
    FROM ledger WHERE entered_at >= $since AND purpose IS NULL GROUP BY ALL
),
counts AS (
    SELECT workflow, count(*) AS pairs, 0 AS verdicts, 0 AS reviews FROM pairs WHERE mirrored_at >= $since GROUP BY ALL
    UNION ALL
    SELECT workflow, 0, count(DISTINCT verdict_id), 0 FROM verdicts WHERE judged_at >= $since GROUP BY ALL
    UNION ALL
    SELECT workflow, 0, 0, count(DISTINCT review_id) FROM reviews WHERE reviewed_at >= $since GROUP BY ALL
),
spent AS (
    SELECT workflow, coalesce(sum(settled), 0) AS usd, coalesce(sum(coalesce(settled, most)), 0) AS usd_most,
        count(*) FILTER (settled IS NULL AND most IS NULL) AS unpriced
    FROM calls GROUP BY ALL
)
SELECT workflow, coalesce(sum(pairs), 0)::BIGINT AS pairs, coalesce(sum(verdicts), 0)::BIGINT AS verdicts,
    coalesce(sum(reviews), 0)::BIGINT AS reviews, coalesce(any_value(usd), 0) AS usd,
    coalesce(any_value(usd_most), 0) AS usd_most, coalesce(any_value(unpriced), 0)::BIGINT AS unpriced
FROM counts FULL JOIN spent USING (workflow) GROUP BY workflow
"""


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of seven days. `usd` is what judging has cost for sure, `usd_most` with calls under way at their most.

    `unpriced` calls to judges are in neither, since nobody configured their price.
    """

    pairs: int = 0
    verdicts: int = 0
    reviews: int = 0
    usd: float = 0.0
    usd_most: float = 0.0
    unpriced: int = 0


def week(store: Store, now: datetime) -> dict[str, Week]:
    """The seven days before `now`, by workflow; one without a row had none."""
    rows = store.read(_WEEK, {"since": now - WEEK}).to_dicts()
    return {row.pop("workflow"): Week(**row) for row in rows}
