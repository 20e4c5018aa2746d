"""The file source: the contract in both formats, and what is wrong with a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.errors import UserError
from connectors.folder import load
from connectors.sources.file import Settings, connect
from connectors.types import Partition, Source
from tests.connectors.source_contract import Feed, SourceContract, offsets, opened, read


@dataclass
class FileFeed:
    path: Path

    def __post_init__(self) -> None:
        self.place = Partition(f"file:{self.path.name}", 0)

    def write(self, values: Sequence[bytes]) -> None:
        if self.path.suffix == ".parquet":
            pq.write_table(pa.table({"value": pa.array(values, pa.binary())}), self.path, row_group_size=3)
        else:
            self.path.write_bytes(b"\n".join(values) + b"\n")

    def connect(self) -> Source:
        return connect("source", Settings(path=self.path))


@pytest.fixture(params=["calls.jsonl", "calls.parquet"])
def feed(tmp_path: Path, request: pytest.FixtureRequest) -> Feed:
    return FileFeed(tmp_path / request.param)


class TestFileSource(SourceContract):
    def test_it_ends(self, feed: Feed) -> None:
        feed.write([b"one", b"two"])
        source = opened(feed)
        assert not source.exhausted
        read(source, 2)
        assert source.exhausted
        assert source.poll(0.0) == []
        source.close()

    def test_two_readers_are_told(self, feed: Feed) -> None:
        feed.write([b"one", b"two"])
        source = opened(feed)
        with pytest.raises(UserError, match="another process reads this file into the same store"):
            source.begin_again([feed.place])
        source.close()

    def test_it_is_known_by_its_folder(self) -> None:
        assert load("sources", "file", "source").connect is connect


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a", [(0, b"a")]),
        (b"a\n", [(0, b"a")]),
        (b"a\n\n  \nb\r\n", [(0, b"a"), (3, b"b\r")]),
        (b"\n\n", []),
    ],
)
def test_lines(tmp_path: Path, content: bytes, expected: list[tuple[int, bytes]]) -> None:
    path = tmp_path / "calls.ndjson"
    path.write_bytes(content)
    source = opened(FileFeed(path))
    records = []
    while not source.exhausted:
        records += source.poll(0.0)
    assert [(record.origin.offset, record.value) for record in records] == expected


def test_more_than_one_batch_and_everything_held(tmp_path: Path) -> None:
    feed = FileFeed(tmp_path / "calls.jsonl")
    feed.write([str(number).encode() for number in range(1_234)])
    assert offsets(read(opened(feed, held=300), 934)) == list(range(300, 1_234))
    assert opened(feed, held=5_000).exhausted


def test_a_missing_value_in_parquet_is_a_tombstone(tmp_path: Path) -> None:
    path = tmp_path / "calls.parquet"
    pq.write_table(pa.table({"other": [1, 2], "value": ["text", None]}), path)
    assert [record.value for record in read(opened(FileFeed(path)), 2)] == [b"text", None]


def test_a_file_that_shrinks_ends(tmp_path: Path) -> None:
    feed = FileFeed(tmp_path / "calls.jsonl")
    feed.write([b"a", b"b", b"c"])
    source = opened(feed)
    feed.write([b"a"])
    assert offsets(source.poll(0.0)) == [0]
    assert source.exhausted


def _no_parquet(path: Path) -> None:
    path.write_bytes(b"PAR?")


def _no_value(path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "n": [1]}), path)


@pytest.mark.parametrize(
    ("name", "make", "sentence"),
    [
        ("absent.jsonl", None, "absent.jsonl cannot be read: No such file or directory; check the path"),
        ("absent.parquet", None, "absent.parquet cannot be read: No such file or directory; check the path"),
        ("folder.jsonl", Path.mkdir, "folder.jsonl cannot be read: Is a directory"),
        ("calls.csv", Path.touch, 'Set format = "jsonl" or "parquet"'),
        ("bad.parquet", _no_parquet, "bad.parquet is not a Parquet file"),
        (
            "other.parquet",
            _no_value,
            "needs a column `value` of strings or bytes, an interaction each; it has text (string",
        ),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path: Path, name: str, make: object, sentence: str) -> None:
    path = tmp_path / name
    if callable(make):
        make(path)
    with pytest.raises(UserError) as caught:
        connect("source", Settings(path=path))
    assert str(caught.value).startswith("source: ")
    assert sentence in str(caught.value)
