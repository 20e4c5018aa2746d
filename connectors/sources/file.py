"""A file of captured interactions: JSON lines, or Parquet with a column `value`."""

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field

from connectors.errors import UserError
from connectors.types import Origin, Partition, Record, nothing

BATCH = 500
_SUFFIXES: dict[str, Literal["jsonl", "parquet"]] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}


class Settings(BaseModel):
    """The table [source] with kind = "file"."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path = Field(description="the file; records are known by its name, so a new file needs a new name")
    format: Literal["jsonl", "parquet"] | None = Field(
        default=None, description="jsonl: one interaction a line; parquet: one in each row's column `value`"
    )


def connect(name: str, settings: Settings) -> "FileSource":
    """A source that reads the file once, from its first record on.

    A record's topic is "file:" and the file's name, its partition 0, its offset the line or row number, from 0.
    Raises UserError when the file is missing, cannot be read, or its format is not to be told from its suffix.
    """
    path, form = settings.path, settings.format or _SUFFIXES.get(settings.path.suffix.lower())
    if form is None:
        raise UserError(
            f'{name}: what is in {path}? Set format = "jsonl" or "parquet"; known suffixes: .jsonl, .parquet.'
        )
    try:
        size = _lines(path) if form == "jsonl" else _rows(name, path)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise UserError(f"{name}: {path} cannot be read: {reason}; check the path and its rights.") from error
    return FileSource(Partition(f"file:{path.name}", 0), _jsonl(path) if form == "jsonl" else _parquet(path), size)


class FileSource:
    """Implements connectors.types.Source. It keeps no positions: the caller alone knows what is stored."""

    def __init__(self, place: Partition, values: Iterator[bytes | None], size: int) -> None:
        self._place, self._size = place, size
        self._records = enumerate(values)
        self._next = 0
        self._paused = False

    def open(
        self,
        first_wanted: Callable[[Mapping[Partition, int]], Mapping[Partition, int]],
        revoked: Callable[[Sequence[Partition]], None],
        settled: Callable[[], None] = nothing,
    ) -> None:
        """Pass over what is stored already. Nothing is ever revoked."""
        self._next = min(first_wanted({self._place: 0})[self._place], self._size)
        next(islice(self._records, self._next, self._next), None)

    def poll(self, timeout_s: float) -> list[Record]:
        """The next records, at most 500; blank lines are counted and left out."""
        if self._paused:
            time.sleep(timeout_s)
            return []
        wanted = min(BATCH, self._size - self._next)
        batch = list(islice(self._records, wanted))
        self._next += len(batch)
        if len(batch) < wanted:  # the file has become shorter
            self._size = self._next
        return [
            Record(Origin(*self._place, offset), value) for offset, value in batch if value is None or value.strip()
        ]

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def commit(self, positions: Mapping[Partition, int]) -> None:
        """Nothing: the store says what it has."""

    def begin_again(self, partitions: Collection[Partition]) -> None:
        """Raises UserError: a file has one reader, and here are two."""
        raise UserError(
            f"{self._place.topic}: another process reads this file into the same store; let one of them finish it."
        )

    def lag(self) -> dict[Partition, int]:
        """Lines or rows not yet polled."""
        return {self._place: self._size - self._next}

    @property
    def exhausted(self) -> bool:
        return self._next >= self._size

    def close(self) -> None:
        """Let go of the file."""
        self._records = enumerate(())


def _lines(path: Path) -> int:
    """The number of lines; the last one may lack its line feed."""
    count, last = 0, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            count, last = count + chunk.count(b"\n"), chunk[-1:]
    return count + (last != b"\n")


def _jsonl(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            yield line.removesuffix(b"\n")


def _rows(name: str, path: Path) -> int:
    """The number of rows. Raises UserError when the file is no Parquet or has no readable column `value`."""
    try:
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, int(file.metadata.num_rows)
    except pa.ArrowInvalid as error:
        raise UserError(f"{name}: {path} is not a Parquet file: {error}.") from error
    known = (pa.binary(), pa.large_binary(), pa.string(), pa.large_string())
    if "value" not in schema.names or schema.field("value").type not in known:
        columns = ", ".join(f"{field.name} ({field.type})" for field in schema)
        raise UserError(
            f"{name}: {path} needs a column `value` of strings or bytes, an interaction each; it has {columns}."
        )
    return rows


def _parquet(path: Path) -> Iterator[bytes | None]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH, columns=["value"]):
            yield from batch.column("value").cast(pa.large_binary()).to_pylist()
