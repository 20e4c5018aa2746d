"""`shadowjudge calibrate` on a real store, the judge over real HTTP: reviews, spoilt answers, questions asked again."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboards.commands.calibrate import calibrate
from judge.outcomes import Outcome
from shadow import config
from shadow.pairs import from_frame
from shadow.store import Store
from tests.connectors.chat_server import ChatServer
from tests.pages.seed import open_seeded, seed, write_config
from tests.store.seeding import store_review


def thorough(request: dict[str, Any]) -> str:
    """A judge that wants the promise in a reply to be whole, in either place."""
    text = request["messages"][-1]["content"]
    first, second = text.split("end of first answer")
    good = [each.count("write to you") and ("5 pm today" in each or "tomorrow." in each) for each in (first, second)]
    choice = "same" if good[0] == good[1] else "second_wrong" if good[0] else "first_wrong"
    return json.dumps({"reason": "The promise is not whole.", "choice": choice})


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, Store]]:
    with ChatServer(thorough) as server:
        file = write_config(tmp_path, server.base_url)
        store = open_seeded(file)
        seed(store, file, 60)
        yield file, store
        store.close()


def report(file: Path, capsys: pytest.CaptureFixture[str], spoilt: int = 0, again: int = 0) -> tuple[int, Any]:
    code = calibrate(config.load(file), file, "reply", spoilt, again, as_json=True)
    return code, json.loads(capsys.readouterr().out)["data"]


def review(store: Store) -> None:
    """A person on every judged pair: the curt reply is a major defect, the others are none."""
    for pair in from_frame(store.read("SELECT * FROM pairs WHERE workflow = 'reply' ORDER BY occurred_at")):
        curt = "Please wait" in (pair.candidate.text or "")
        store_review(
            store, pair, Outcome.WORSE_MAJOR if curt else Outcome.EQUIVALENT, datetime.now(UTC), reason="random"
        )


def test_all_that_is_known_of_the_judge(site: tuple[Path, Store], capsys: pytest.CaptureFixture[str]) -> None:
    file, store = site
    assert calibrate(config.load(file), file, "reply", 0, 0, as_json=False) == 4
    assert "0 pairs have both a verdict and a review" in capsys.readouterr().out
    review(store)
    code, found = report(file, capsys, spoilt=8, again=5)
    assert code == 0, found["calibration"]["sentence"]
    reviewers = found["calibration"]["reviewers"]
    assert reviewers["agreement"]["rate"] == reviewers["sensitivity"]["rate"] == reviewers["specificity"]["rate"] == 1.0
    assert reviewers["covered"] == 1.0
    assert set(found["by_severity"]) == {"critical", "major", "minor"}
    assert found["by_severity"]["critical"]["kappa"] is None, "no critical defect was reviewed"
    assert [(judge["judge"], judge["model"], judge["flips"]) for judge in found["judges"]] == [
        ("judge", "tiny-2025-01", 0)
    ]
    assert {(each["arm"], each["how"]) for each in found["kin"]} == {
        ("candidate", "unknown"),
        ("production", "unknown"),
    }
    assert (found["calibration"]["repeats"], found["calibration"]["repeat_noise"]["rate"]) == (5, 0.0)
    everything = found["seeded"][-1]
    assert (everything["mutation"], everything["shown"]) == ("all", 8)
    kinds = {each["mutation"]: each for each in found["seeded"]}
    assert set(kinds) >= {"changed_number", "truncated"}
    assert kinds["truncated"]["caught"] == kinds["truncated"]["shown"] > 0
    assert everything["caught"] <= everything["flagged"] <= 8
    assert {each["dimension"] for each in found["slices"]} >= {"stratum", "tag synthetic", "length", "language"}


def test_spoilt_answers_are_no_labels_and_are_paid_for(
    site: tuple[Path, Store], capsys: pytest.CaptureFixture[str]
) -> None:
    file, store = site
    before = store.read("SELECT count(*) AS n FROM verdicts").item()
    calls = store.read("SELECT count(*) AS n FROM judge_calls").item()
    report(file, capsys, spoilt=4, again=3)
    assert store.read("SELECT count(*) AS n FROM verdicts").item() == before
    assert store.read("SELECT count(*) AS n FROM judge_calls").item() == calls + 2 * 4 + 3
    assert store.read("SELECT count(*) AS n FROM judge_calls WHERE result = 'answered'").item() >= 3
    report(file, capsys, spoilt=4)
    assert store.read("SELECT count(DISTINCT pair_id) AS n FROM seeded").item() == 8, "others than before"


def test_it_reads_as_sentences(site: tuple[Path, Store], capsys: pytest.CaptureFixture[str]) -> None:
    file, store = site
    review(store)
    assert calibrate(config.load(file), file, "reply", 4, 2, as_json=False) == 0
    said = capsys.readouterr().out
    for part in (
        "accepted",
        "order flips 0.00",
        "repeat noise 0.00",
        "reasons that say the opposite of their choice 0.00",
        "major or worse: agreement 1.00",
        "spoilt answers, all",
    ):
        assert part in said
