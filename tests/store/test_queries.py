"""What pages read, on a real store: one pair whole, health, tokens."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.errors import UserError
from connectors.types import Completion
from dashboards.parts.revealed import checks_said
from judge.outcomes import Outcome
from judge.queries import health, pair_detail, spend
from shadow.beat import beat
from shadow.config import Config
from shadow.store import Store, open_store
from tests.store.seeding import (
    AGREE,
    DEFECT,
    DISAGREE,
    NOON,
    configuration,
    pair,
    store_check_result,
    store_checked,
    store_pairs,
    store_review,
    store_verdict,
)

CONFIG = configuration()
PAIRS = [pair(n, scrubbed={"EMAIL": 2, "PHONE": 1} if n % 2 else {}) for n in range(12)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Twelve pairs: 0-3 fine, 4-5 defects, 6-8 disagree, 9-10 agree, 11 unchecked."""
    store = open_store(f"duckdb:{tmp_path}/s.duckdb")
    store.migrate("shadow")
    store.migrate("judge")
    store_pairs(store, PAIRS)
    store_checked(store, CONFIG, PAIRS[:4])
    store_checked(store, CONFIG, PAIRS[4:6], DEFECT)
    store_checked(store, CONFIG, PAIRS[6:9], DISAGREE)
    store_checked(store, CONFIG, PAIRS[9:11], AGREE)
    later = NOON + timedelta(minutes=1)
    store_verdict(store, PAIRS[6], Outcome.WORSE_MAJOR, later)
    store_verdict(store, PAIRS[7], Outcome.UNDECIDED, later, flip=True)
    store_verdict(store, PAIRS[8], Outcome.WORSE_MAJOR, NOON, epoch="e0")
    store_review(store, PAIRS[6], Outcome.EQUIVALENT, later)
    store_review(store, PAIRS[6], Outcome.WORSE_MINOR, later + timedelta(seconds=1), reviewer="bob")
    yield store
    store.close()


def test_one_pair_whole(store: Store) -> None:
    store_check_result(store, CONFIG, PAIRS[6], "label_agreement", "FAIL")
    found = pair_detail(store, CONFIG, PAIRS[6].pair_id, PAIRS[6].occurred_at)
    assert found.pair == PAIRS[6]
    assert found.check_results["status"].to_list() == ["FAIL"]
    assert found.verdicts["outcome"].to_list() == ["worse_major"]
    assert found.reviews["reviewer"].to_list() == ["bob", "ada"]
    with pytest.raises(UserError, match="there is no pair"):
        pair_detail(store, CONFIG, PAIRS[6].pair_id, NOON)


def test_the_checks_of_a_pair_are_those_configured_now(store: Store) -> None:
    """A failure under other checks is no failure under these; nobody having looked is no pass."""
    other = configuration(checks=[{"check": "label_agreement", "severity": "critical"}])
    store_check_result(store, CONFIG, PAIRS[6], "label_agreement", "FAIL")
    store_check_result(store, CONFIG, PAIRS[6], "label_agreement", "FAIL")

    def said(config: Config, n: int) -> tuple[str, int]:
        detail = pair_detail(store, config, PAIRS[n].pair_id, PAIRS[n].occurred_at)
        return checks_said(detail), detail.check_results.height

    assert said(CONFIG, 6) == ("Checks that did not pass", 1), "a repeat is one result"
    assert said(CONFIG, 0) == ("Every check passed: label_agreement.", 0)
    assert said(CONFIG, 11) == ("Not checked yet.", 0)
    assert said(other, 6) == ("Not checked yet.", 0)
    assert said(configuration(checks=[]), 6) == ("No check is configured.", 0)
    store_checked(store, other, PAIRS[6:7], when=NOON + timedelta(hours=1))
    assert said(other, 6) == ("Every check passed: label_agreement.", 0)
    assert said(CONFIG, 6) == ("Checks that did not pass", 1), "back to the checks before"


def test_health(store: Store) -> None:
    beat(store, "mirror", "running", lag=7)
    beat(store, "mirror", "paused", lag=3)
    beat(store, "scorer", "running", lag=1)
    found = health(store)
    beats = {row["component"]: (row["state"], row["lag"]) for row in found.heartbeats.to_dicts()}
    assert beats == {"mirror": ("paused", 3), "scorer": ("running", 1)}
    assert found.unscored.rows() == [("triage", 1, PAIRS[11].mirrored_at)]
    assert found.oldest_unscored_s == pytest.approx((datetime.now(UTC) - PAIRS[11].mirrored_at).total_seconds(), abs=60)
    assert found.scrubbed.rows() == [("EMAIL", 12), ("PHONE", 6)]


def test_spend_counts_what_servers_reported(store: Store) -> None:
    store_pairs(store, [pair(20, production=Completion(text="x"))])
    assert spend(store).rows() == [
        ("triage", "candidate", 13, 13 * 40, 13 * 3),
        ("triage", "judge", 6, None, None),
        ("triage", "production", 13, 12 * 50, 12 * 2),
    ]
