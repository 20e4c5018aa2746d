"""Rows of a file of recorded pairs, JSON lines or Parquet, a batch at a time; shadow/recorded.py knows the columns."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.errors import UserError

BATCH = 1000
_SUFFIXES = {".jsonl": False, ".ndjson": False, ".parquet": True, ".pq": True}

Row = dict[str, Any] | None
"""A row by its columns; None for a line that is no JSON object."""


class RecordedFile:
    """A file of recorded pairs, read from its first row as often as asked.

    `digest` names its content: 16 hex digits. `size` is its number of rows.
    """

    def __init__(self, path: Path) -> None:
        """Raises UserError when the file cannot be read, or its form is not to be told from its suffix."""
        self.path = path
        form = _SUFFIXES.get(path.suffix.lower())
        if form is None:
            raise UserError(f"what is in {path}? Name the file .jsonl or .parquet, after its form.")
        try:
            with path.open("rb") as file:
                self.digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).hexdigest()
            self.size = pq.read_metadata(path).num_rows if form else _lines(path)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise UserError(f"{path} cannot be read: {reason}; check the path and its rights.") from error
        except pa.ArrowException as error:
            raise UserError(f"{path} is not Parquet: {error}.") from error
        self._is_parquet = form

    def batches(self) -> Iterator[list[Row]]:
        """The rows in order, BATCH at a time."""
        return self._parquet() if self._is_parquet else self._lines()

    def _parquet(self) -> Iterator[list[Row]]:
        with pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=BATCH):
                yield batch.to_pylist()

    def _lines(self) -> Iterator[list[Row]]:
        rows: list[Row] = []
        with self.path.open("rb") as lines:
            for line in lines:
                rows.append(_object(line))
                if len(rows) == BATCH:
                    yield rows
                    rows = []
        if rows:
            yield rows


def _lines(path: Path) -> int:
    with path.open("rb") as lines:
        return sum(1 for _ in lines)


def _object(line: bytes) -> Row:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
