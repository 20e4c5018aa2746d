"""Listed pairs as a file that may be opened anywhere: no cell of it is a formula to a spreadsheet."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from io import BytesIO

import polars as pl

from judge.browsing.export import neutral, whole_pairs
from judge.browsing.filter import Filter
from shadow.store import Store

MOST = 10_000
"""A file holds at most so many pairs, the newest."""
# Settings of other countries split a line of CSV at semicolons or tabs, and a formula may stand behind these.
_BEGINS_CELL = r"([;\t]\s*)([=+\-@＝＋－＠])"


class Format(StrEnum):
    """The kinds of file."""

    JSONL = "jsonl"
    PARQUET = "parquet"
    CSV = "csv"


def file_of(store: Store, which: Filter, form: Format, most: int = MOST) -> bytes:
    """A file of the newest pairs of a filter with requests and answers; empty where there are none."""
    parts: list[pl.DataFrame] = []
    for part in whole_pairs(store, which):
        parts.append(part.head(most - sum(each.height for each in parts)))
        if sum(each.height for each in parts) == most:
            break
    return written(pl.concat(parts), form) if parts else b""


def written(frame: pl.DataFrame, form: Format) -> bytes:
    """The frame as a file, each list as one text, and every text harmless to a spreadsheet."""
    flat = frame.with_columns(pl.col(pl.List(pl.String)).list.join(", "))
    return _WRITTEN[form](neutral(flat))


def _csv(frame: pl.DataFrame) -> bytes:
    cells = frame.with_columns(pl.col(pl.String).str.replace_all(_BEGINS_CELL, "${1}'${2}"))
    return cells.write_csv(quote_style="non_numeric").encode()


def _parquet(frame: pl.DataFrame) -> bytes:
    file = BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


def _jsonl(frame: pl.DataFrame) -> bytes:
    return frame.write_ndjson().encode()


_WRITTEN: Mapping[Format, Callable[[pl.DataFrame], bytes]] = {
    Format.JSONL: _jsonl,
    Format.PARQUET: _parquet,
    Format.CSV: _csv,
}
