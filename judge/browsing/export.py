"""The pairs of a filter with their texts, a part at a time, for a file that somebody takes away."""

from collections.abc import Iterator
from datetime import datetime

import polars as pl

from judge.browsing.filter import SAID, Filter, listed
from judge.browsing.pages import HOURS, start_of
from shadow.store import Store

AT_ONCE = 20_000
# What spreadsheets take for the beginning of a formula, also behind white space and hidden characters or in full width
# (OWASP, "CSV injection").
_FORMULA = r"^[\s\p{C}]*[=+\-@＝＋－＠]"
_WHOLE = """
SELECT c.*, verdict, review, p.request_id, p.trace_id, p.tags, p.examined_by IS NULL AS text_kept, p.request,
    p.production_model, p.production_text, p.production_tool_calls, p.production_error, p.candidate_text,
    p.candidate_tool_calls, p.candidate_error, p.candidate_dropped_params, p.inclusion_probability
FROM (
    SELECT DISTINCT ON (pair_id) pair_id, occurred_at, workflow, fingerprint, stratum, outcome, severity, failed
    {listed}
        AND occurred_at >= $earliest AND occurred_at < $latest
) AS c
JOIN (SELECT DISTINCT ON (pair_id) * FROM pairs WHERE occurred_at >= $earliest AND occurred_at < $latest) AS p
    USING (pair_id)
LEFT JOIN judged USING (pair_id) LEFT JOIN reviewed USING (pair_id)
ORDER BY occurred_at DESC, pair_id
"""


def whole_pairs(store: Store, which: Filter) -> Iterator[pl.DataFrame]:
    """The pairs of a filter, newest first, in frames of some AT_ONCE rows (whole hours); memory stays bounded."""
    sql, params = listed(store, which)
    hours = store.read(SAID + HOURS.format(listed=sql), params)
    for earliest, latest in _parts(hours):
        yield store.read(SAID + _WHOLE.format(listed=sql), {**params, "earliest": earliest, "latest": latest})


def neutral(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with an apostrophe before each text that a spreadsheet would take for a formula.

    Production text and model output are written by strangers: =HYPERLINK(...) must stay a text wherever it is opened.
    """
    text = pl.col(pl.String)
    return frame.with_columns(pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text).name.keep())


def _parts(hours: pl.DataFrame) -> Iterator[tuple[datetime, datetime]]:
    """Spans of whole hours, newest first, that hold some AT_ONCE pairs each."""
    latest, earliest, held = None, None, 0
    for hour, pairs in hours.iter_rows():
        latest = start_of(hour + 1) if latest is None else latest
        earliest, held = start_of(hour), held + pairs
        if held >= AT_ONCE:
            yield earliest, latest
            latest, held = None, 0
    if latest is not None and earliest is not None:
        yield earliest, latest
