"""A value written into SQL comes back as it was, whatever it holds."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadow.literals import inline, literal
from shadow.store import DuckDBFile

ODD = [
    "",
    "'",
    "''",
    "it's",
    "$name",
    "$$",
    "\x00",
    "a\x00'b",
    "\n\r\t",
    "\\",
    "\\'",
    "--",
    "/* */",
    ";",
    "{}",
    "ß😀",
    "‮",
]
texts = st.text(max_size=40) | st.sampled_from(ODD)
zones = st.sampled_from([UTC, timezone(timedelta(hours=-7)), timezone(timedelta(hours=5, minutes=45))])
times = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=zones)
numbers = st.floats() | st.integers(-(2**63), 2**63 - 1) | st.booleans()
values = texts | times | numbers | st.none() | st.lists(texts, max_size=4)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[DuckDBFile]]:
    """The owner and a client: both roles must understand the same text."""
    path = tmp_path_factory.mktemp("literals") / "s.duckdb"
    stores = [DuckDBFile(path), DuckDBFile(path)]
    assert [store.is_owner for store in stores] == [True, False]
    yield stores
    for store in reversed(stores):
        store.close()


@settings(max_examples=150, deadline=None)
@given(a=values, name=values)
def test_a_value_comes_back_as_it_was(stores: list[DuckDBFile], a: Any, name: Any) -> None:
    for store in stores:
        back = store.read("SELECT $a AS a, '$a' AS quoted, $name AS name -- $nobody", {"a": a, "name": name}).row(0)
        assert back[1] == "$a"
        assert _same(back[0], a)
        assert _same(back[2], name)


def _same(found: Any, given: Any) -> bool:
    if isinstance(given, float) and math.isnan(given):
        return isinstance(found, float) and math.isnan(found)
    return bool(found == given) and (not isinstance(given, bool) or found is given)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT $a", "SELECT 'x'"),
        ("SELECT '$a', \"$a\", $a", "SELECT '$a', \"$a\", 'x'"),
        ("SELECT 'it''s $a' -- $a\n, $a /* $a */", "SELECT 'it''s $a' -- $a\n, 'x' /* $a */"),
        ("SELECT j ->> '$.a', $a2", "SELECT j ->> '$.a', '$a'"),
    ],
)
def test_only_names_outside_quotes_and_comments_are_replaced(sql: str, expected: str) -> None:
    assert inline(sql, {"a": "x", "a2": "$a"}) == expected


def test_a_name_without_a_value_is_a_bug() -> None:
    with pytest.raises(KeyError):
        inline("SELECT $nosuch", {})


@pytest.mark.parametrize("value", [object(), {"a": 1}, b"bytes", datetime(2026, 1, 1)])
def test_a_value_without_a_literal_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="no SQL literal"):
        literal(value)
