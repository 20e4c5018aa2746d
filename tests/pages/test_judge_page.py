"""The judge's page in a real browser: counted or not, against people and itself, as served, what it cost."""

import pytest
from playwright.sync_api import Page, expect

from judge.actions import review
from judge.board import SETTLING
from judge.outcomes import Outcome
from judge.people import Actor, Role
from judge.sampling.reviewing import next_for_reviewer
from shadow.config import load
from tests.pages.conftest import Site

pytestmark = pytest.mark.browser
LABELLED = 4


def test_the_judge_is_shown_against_people_and_itself_with_ranges(page: Page, site: Site) -> None:
    verdicts = dict(site.store.read("SELECT pair_id, outcome FROM verdicts WHERE workflow = 'reply'").iter_rows())
    who = Actor("Judy", frozenset({Role.REVIEWER}), authenticated=False, session="test")
    labelled = 0
    while labelled < LABELLED:  # as the plan offers them: what a person picks does not count here
        now = next_for_reviewer(site.store, load(site.config), "Judy", "reply")
        assert now is not None
        outcome = Outcome(verdicts.get(now.pair_id, Outcome.EQUIVALENT))
        review(site.store, who, now.pair_id, now.occurred_at, outcome, "", "production", f"judge-{now.claim_id}")
        labelled += now.pair_id in verdicts and outcome is not Outcome.UNDECIDED
    page.wait_for_timeout(1.5 * SETTLING.total_seconds() * 1000)  # a reading leaves the last moment out
    page.goto(f"{site.url}/judge?workflow=reply")
    agreement = page.get_by_role("table", name="agreement")
    expect(agreement).to_contain_text("minor or worse")
    expect(agreement).to_contain_text("1.00 [")
    expect(page.locator(".sj-badge").first).to_be_visible()
    expect(page.get_by_role("table", name="itself")).to_contain_text("answers change places")
    expect(page.get_by_role("table", name="judges")).to_contain_text("tiny-2025-01")
    expect(page.get_by_role("table", name="spend")).to_contain_text("no cap is set")
    expect(page.get_by_role("table", name="ledger")).to_contain_text("judge@")
    expect(page.get_by_role("table", name="epochs")).to_contain_text("tiny-2025-01")
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    expect(page.get_by_role("table", name="itself")).to_contain_text("gives a reason that says the opposite")
    page.get_by_role("link", name="Read those whose reason says the opposite").click()
    expect(page.get_by_role("heading", name="Disagreements")).to_be_visible()
    expect(page.get_by_role("switch", name="The judge's reason says the opposite")).to_be_checked()
    expect(page.get_by_text("No checked pair passes this filter.")).to_be_visible()
    expect(page.get_by_test_id("stMultiSelect").first).to_contain_text("agree")
