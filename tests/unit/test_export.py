"""No text of an exported file is a formula to a spreadsheet, and every other text is as it was."""

import csv
from io import StringIO

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.browsing.export import neutral
from judge.browsing.files import Format, written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('=HYPERLINK("http://a.invalid","x")', '\'=HYPERLINK("http://a.invalid","x")'),
        ("+1", "'+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("\r\n=1", "'\r\n=1"),
        ("\u200b=1", "'\u200b=1"),
        ("＝1", "'＝1"),
        ("a = b", "a = b"),
        ('{"a": -1}', '{"a": -1}'),
        ("'=1", "'=1"),
        ("", ""),
        (None, None),
    ],
)
def test_what_a_spreadsheet_would_compute_begins_with_an_apostrophe(text: str | None, expected: str | None) -> None:
    frame = pl.DataFrame({"text": [text], "n": [-1]}, schema_overrides={"text": pl.String})
    assert neutral(frame).to_dicts() == [{"text": expected, "n": -1}]


@given(st.text(max_size=40))
def test_no_text_begins_with_a_formula_afterwards(text: str) -> None:
    safe = neutral(pl.DataFrame({"text": [text]})).item()
    assert safe in (text, f"'{text}")
    assert not safe.lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("between", [";", "\t", "; "])
def test_a_csv_cell_that_is_split_elsewhere_holds_none_either(between: str) -> None:
    text = f"hello{between}=cmd|' /C calc'!A0"
    read = next(csv.reader(StringIO(written(pl.DataFrame({"t": [text]}), Format.CSV).decode().partition("\n")[2])))
    assert read == [text.replace("=", "'=")]
