"""The evidence pack: one file that says what the pages say, shows hostile text as text, and needs nothing else."""

import json
from html import unescape
from html.parser import HTMLParser

import pytest
from playwright.sync_api import Page, expect

from connectors.errors import UserError
from dashboards.report.content import Pack, pack
from dashboards.report.render import as_html, as_json
from judge.outcomes import Phase
from shadow.config import load
from tests.pages.conftest import Site

EVERY_PAIR = 50


class Tags(HTMLParser):
    """The tags of a page and the addresses that it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset")]


@pytest.fixture(scope="module")
def found(site: Site) -> Pack:
    return pack(site.store, load(site.config), "reply", EVERY_PAIR)


@pytest.fixture(scope="module")
def html(found: Pack) -> str:
    return as_html(found)


def test_every_line_of_every_phase_is_in_it(found: Pack, html: str) -> None:
    text = unescape(html)
    for seen in found.candidates[0].phases:
        assert seen.digest in text
        for line in seen.lines:
            assert line.sentence in text
    drawn = [
        seen.phase
        for seen in found.candidates[0].phases
        if any(line.unit == "rate" and line.budget is not None for line in seen.lines)
    ]
    assert {Phase.LIMITED, Phase.EXPAND} <= set(drawn)
    assert html.count("<svg") == len(drawn)


def test_it_loads_nothing_and_runs_nothing(html: str) -> None:
    tags = Tags(html)
    assert not tags.found & {"script", "img", "link", "iframe", "form", "object", "a"}
    assert tags.loads == []
    assert "default-src 'none'" in html


def test_hostile_answers_are_text(html: str) -> None:
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "\u202e" not in html
    assert "⟨U+202E⟩" in html


def test_json_holds_the_same(found: Pack) -> None:
    data = json.loads(as_json(found))["data"]
    assert [each["phase"] for each in data["candidates"][0]["phases"]] == list(Phase)
    assert data["candidates"][0]["phases"][2]["digest"] == found.candidates[0].phases[2].digest
    assert data["judge"]["sentence"] == (found.judge.sentence if found.judge else None)
    assert {each["stratum"] for each in data["candidates"][0]["pairs"]} >= {"agree", "disagree"}


def test_no_prompt_is_in_it(html: str) -> None:
    assert "Promise nothing that is not in the message" not in html


def test_an_unknown_workflow_is_refused(site: Site) -> None:
    with pytest.raises(UserError, match="unknown workflow 'replies'"):
        pack(site.store, load(site.config), "replies", 1)


@pytest.mark.browser
def test_a_browser_shows_it_without_a_complaint(page: Page, html: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.set_content(html)
    expect(page.get_by_role("heading", name="reply: may the small model take over?")).to_be_visible()
    expect(page.get_by_role("table", name="limited lines")).to_contain_text("major defects")
    wide = page.evaluate(
        "[...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > window.innerWidth)"
        ".map(e => e.outerHTML.slice(0, 200))"
    )
    assert wide == []
    assert said == []
