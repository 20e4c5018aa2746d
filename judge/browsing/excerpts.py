"""How the answers of listed pairs begin: the texts, by id and by time."""

import polars as pl

from shadow.store import Store

_EXCERPTS = """
SELECT pair_id,
    CASE WHEN examined_by IS NOT NULL THEN 'text not kept' ELSE
        left(coalesce(production_error, nullif(production_text, ''), production_refusal, production_tool_calls), $most)
    END AS production,
    CASE WHEN examined_by IS NOT NULL THEN 'text not kept' ELSE
        left(coalesce(candidate_error, nullif(candidate_text, ''), candidate_refusal, candidate_tool_calls), $most)
    END AS candidate
FROM pairs WHERE occurred_at BETWEEN $earliest AND $latest AND pair_id IN (SELECT unnest($ids))
"""


def excerpts(store: Store, rows: pl.DataFrame, most: int = 200) -> pl.DataFrame:
    """The rows of a Page with `production` and `candidate`: the first characters of what each answered, or its error.

    A pair whose texts are gone, by erasure say, has nulls there.
    """
    within = {
        "ids": rows["pair_id"].to_list(),
        "earliest": rows["occurred_at"].min(),
        "latest": rows["occurred_at"].max(),
        "most": most,
    }
    texts = store.read(_EXCERPTS, within).unique("pair_id", keep="first", maintain_order=True)
    return rows.join(texts, on="pair_id", how="left", maintain_order="left")
