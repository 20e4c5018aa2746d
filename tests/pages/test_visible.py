"""Output that tries to hide something, or to be obeyed, is spelled out."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.parts.visible import escaped
from shadow.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\nnext line", "plain\ttext\nnext line"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("one\r\ntwo\x00\x7f", "one␍\ntwo␀␡"),
        ("abc\u202egnp.exe", "abc⟨U+202E⟩gnp.exe"),
        ("\u2066isolated\u2069", "⟨U+2066⟩isolated⟨U+2069⟩"),
        ("zero\u200bwidth\ufeff\u00ad", "zero⟨U+200B⟩width⟨U+FEFF⟩⟨U+00AD⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("line\u2028end\x85", "line⟨U+2028⟩end⟨U+0085⟩"),
        ("lone \ud800", "lone ⟨U+D800⟩"),
        ("שלום مرحبا می‌خواهم 👩‍💻 café", "שלום مرحبا می‌خواهم 👩‍💻 café"),
    ],
)
def test_hidden_characters_become_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(max_size=200))
def test_escaped_text_reads_back_as_the_visible_text_and_holds_no_element(text: str) -> None:
    seen: list[str] = []
    parser = HTMLParser(convert_charrefs=True)
    parser.handle_data = seen.append  # type: ignore[method-assign]
    parser.handle_starttag = parser.handle_startendtag = lambda *_: pytest.fail("an element")  # type: ignore[assignment]
    parser.feed(escaped(text))
    parser.close()
    assert "".join(seen) == visible(text)
