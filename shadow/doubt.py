"""Rows whose append ended in a request to retry, although they may have been stored."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Doubt:
    """Rows that went to a table together, in one transaction."""

    table: str
    rows: pl.DataFrame


def without(frame: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """The rows of a frame that others do not have; by their text, for which NaN is NaN and lists compare.

    A pair that is tried again carries another `mirrored_at`, the time of the try, and is the same row all the same.
    """
    names = [name for name in frame.columns if name != "mirrored_at"]
    rows = {repr(row) for row in others.select(names).iter_rows()}
    return frame.filter(pl.Series([repr(row) not in rows for row in frame.select(names).iter_rows()], dtype=pl.Boolean))
