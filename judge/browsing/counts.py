"""How many pairs of a filter there are: by day, and by what they failed in which slice."""

import msgspec
import polars as pl

from judge.browsing.filter import SAID, Filter, listed, pointer
from shadow.store import Store

# By number of the day, which becomes a time at the end: truncating a time with a zone takes ten times as long.
_BY_DAY = """
SELECT make_timestamptz(day * 86400000000) AS day, stratum, severity, pairs
FROM (SELECT epoch_us(occurred_at) // 86400000000 AS day, stratum, severity, count(*) AS pairs {listed} GROUP BY ALL)
ORDER BY ALL
"""
_CLUSTERS = """
SELECT failed, severity, slice, count(*) AS pairs, max(occurred_at) AS newest,
    arg_max(pair_id, occurred_at) AS example
FROM (
    SELECT array_to_string(failed, ', ') AS failed, severity, {slice} AS slice, occurred_at, pair_id {listed}
        AND len(failed) > 0
)
GROUP BY ALL ORDER BY pairs DESC, failed, severity, slice LIMIT $most
"""
_TAG_SET = msgspec.json.Decoder(dict[str, object])
_TAGS = "SELECT tags, count(*) AS pairs {listed} GROUP BY tags ORDER BY pairs DESC LIMIT $most"
MOST_TAGS = 10_000


def by_day(store: Store, which: Filter) -> pl.DataFrame:
    """Pairs by day (UTC) of the production call, stratum, and severity of the defect that a check knows of."""
    sql, params = listed(store, which)
    return store.read(SAID + _BY_DAY.format(listed=sql), params)


def clusters(store: Store, which: Filter, tag: str | None = None, most: int = 100) -> pl.DataFrame:
    """The largest groups of pairs that failed the same checks, with the same severity, in the same slice.

    `tag` names the tag whose values are the slices; without one, or where a call does not have it, `slice` is null.
    Columns failed (the checks' names), severity, slice, pairs, newest (a time), example (the pair_id of the newest).
    """
    sql, params = listed(store, which)
    place = "NULL::VARCHAR" if tag is None else "tags ->> $slice_pointer"
    params |= {"most": most, "slice_pointer": None if tag is None else pointer(tag)}
    return store.read(SAID + _CLUSTERS.format(listed=sql, slice=place), params)


def tags(store: Store, which: Filter) -> pl.DataFrame:
    """The tags that calls carry, with how many pairs have each value: columns tag, value, pairs.

    Read from the MOST_TAGS commonest sets of tags, so a tag of one value a call does not make this slow.
    """
    sql, params = listed(store, which)
    sets = store.read(SAID + _TAGS.format(listed=sql), {**params, "most": MOST_TAGS}).drop_nulls("tags")
    rows = [
        (tag, str(value), pairs) for text, pairs in sets.iter_rows() for tag, value in _TAG_SET.decode(text).items()
    ]
    found = pl.DataFrame(rows, schema={"tag": pl.String, "value": pl.String, "pairs": pl.Int64}, orient="row")
    return (
        found.group_by("tag", "value")
        .agg(pl.col("pairs").sum())
        .sort("tag", "pairs", "value", descending=[False, True, False])
    )
