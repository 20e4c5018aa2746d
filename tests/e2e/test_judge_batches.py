"""A judge asked by batches over real HTTP: no line lost, none paid twice, whatever ends in between."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from judge.scoring.scorer import Scored
from shadow.store import Store, open_store
from tests.connectors.batch_server import BatchServer, answered, failed
from tests.e2e import test_judge_faults as site

SAME = answered(json.dumps({"reason": "alike", "choice": "same"}))
COST = site.COST / 2
IN_FLIGHT = site.PAIRS
_direct = site.raw


def raw(url: str, **judge: Any) -> dict[str, Any]:
    found = _direct(url, **{"in_flight": IN_FLIGHT, **judge})
    found["models"]["arbiter"] |= {"batch": True, "batch_collect_s": 0.2, "batch_poll_s": 0.05}
    found["models"]["arbiter"]["prices"]["batch_factor"] = 0.5
    return found


@pytest.fixture(autouse=True)
def batched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "raw", raw)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"duckdb:{tmp_path}/s.duckdb")) as store:
        site.seed(store)
        yield store


def score(store: Store, server: BatchServer, **more: Any) -> Scored:
    return site.score(store, server.base_url, **more)


def judged(store: Store) -> list[tuple[object, ...]]:
    return store.read(
        "SELECT outcome, count(*) AS n, count(DISTINCT pair_id) AS pairs FROM verdicts GROUP BY ALL"
    ).rows()


def statuses(store: Store) -> list[str]:
    return [row[0] for row in store.read("SELECT status FROM batches WHERE entry = 'ended' ORDER BY entered_at").rows()]


def test_pairs_are_judged_by_batches_at_their_price(store: Store) -> None:
    with BatchServer(lambda _: SAME) as server:
        done = score(store, server)
    assert (done.waiting, done.notes) == (0, [])
    assert judged(store) == [("equivalent", site.PAIRS, site.PAIRS)]
    assert site.ledger(store) == {"answered": (2 * site.PAIRS, pytest.approx(2 * site.PAIRS * COST))}
    assert len(server.lines) == len(set(server.lines)) == 2 * site.PAIRS
    assert len(server.batches) < site.PAIRS / 4
    assert set(statuses(store)) == {"completed"}
    assert {batch["input_file_id"] for batch in server.batches.values()} <= set(server.deleted), "they hold text"


def test_a_line_with_an_error_costs_nothing_and_its_pair_waits(store: Store) -> None:
    def answer(body: dict[str, Any]) -> dict[str, Any]:
        return failed(400, "too long") if "access 3" in json.dumps(body["messages"]) else SAME

    with BatchServer(answer) as server:
        done = score(store, server, retry_s=60.0)
    assert done.waiting == 1
    errors = store.read("SELECT DISTINCT error FROM judge_calls WHERE result = 'failed'").rows()
    assert errors == [("the server answered HTTP 400 in the batch: too long",)]
    assert judged(store) == [("equivalent", site.PAIRS - 1, site.PAIRS - 1)]
    assert site.ledger(store)["failed"] == (2, 0.0)


@pytest.mark.parametrize("status", ["expired", "failed"])
def test_a_batch_that_comes_to_nothing_is_settled_and_its_pairs_wait(store: Store, status: str) -> None:
    with BatchServer(lambda _: None, ends_as=status) as server:
        done = score(store, server, retry_s=60.0)
    assert (done.judged, done.waiting) == (0, site.PAIRS)
    assert f"the batch is {status} and holds no answer" in done.notes[0]
    assert site.ledger(store) == {"failed": (len(server.lines), 0.0)}
    assert set(statuses(store)) == {status}
    with BatchServer(lambda _: SAME) as sound:
        assert score(store, sound).waiting == 0
    assert judged(store) == [("equivalent", site.PAIRS, site.PAIRS)]


def test_a_completed_batch_that_lacks_a_line_is_paid_for(store: Store) -> None:
    with BatchServer(lambda body: None if "access 3" in json.dumps(body["messages"]) else SAME) as server:
        score(store, server, retry_s=60.0)
    lost, usd = site.ledger(store)["failed"]
    assert lost == 2
    reserved = store.read("SELECT sum(usd) AS usd FROM ledger WHERE entry = 'reserved' AND call_id IN (SELECT call_id "
                          "FROM ledger WHERE result = 'failed')").item()  # fmt: skip
    assert usd == pytest.approx(reserved) and usd > 0  # noqa: PT018


@pytest.mark.parametrize("lists", [True, False])
def test_a_batch_whose_making_was_not_confirmed_is_found_by_its_key(store: Store, lists: bool) -> None:
    with BatchServer(lambda _: SAME, hides_made=True, lists=lists) as server:
        done = score(store, server, retry_s=60.0)
    held = site.ledger(store)
    if lists:
        assert (done.waiting, len(server.lines), held["answered"][0]) == (0, 2 * site.PAIRS, 2 * site.PAIRS)
    else:
        assert held["failed"][0] == len(server.lines), "what may have been made is not sent again by itself"
        assert held["failed"][1] > 0


def test_the_cap_stops_before_anything_is_sent(store: Store) -> None:
    with BatchServer(lambda _: SAME) as server:
        done = score(store, server, max_usd_per_day=1e-6)
    assert (done.judged, server.files, server.batches, site.ledger(store)) == (0, {}, {}, {})
    assert "max_usd_per_day" in done.notes[0]


def test_killed_between_sending_and_result_nothing_is_sent_or_paid_twice(tmp_path: Path) -> None:
    where = f"duckdb:{tmp_path}/s.duckdb"
    with closing(open_store(where)) as store:
        site.seed(store)
    with BatchServer(lambda _: SAME, held=True) as server:
        code = (
            "import sys; from shadow.store import open_store; from tests.e2e import test_judge_faults as site;"
            "from tests.e2e.test_judge_batches import raw; site.raw = raw;"
            "site.score(open_store(sys.argv[1]), sys.argv[2])"
        )
        child = subprocess.Popen([sys.executable, "-c", code, where, server.base_url])
        try:
            until = time.monotonic() + 30
            while len(server.lines) < 2 * site.PAIRS or any(not b["looks"] for b in server.batches.values()):
                assert time.monotonic() < until and child.poll() is None  # noqa: PT018
                time.sleep(0.05)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
        sent = list(server.lines)
        with closing(open_store(where)) as store:
            assert set(site.ledger(store)) == {"open"}
            server.held = False
            done = score(store, server)
            assert (done.waiting, done.notes) == (0, [])
            assert server.lines == sent, "what was sent is fetched, not sent again"
            assert judged(store) == [("equivalent", site.PAIRS, site.PAIRS)]
            held = site.ledger(store)
            assert held["answered"] == (2 * site.PAIRS, pytest.approx(2 * site.PAIRS * COST))
            assert "open" not in held
            assert set(statuses(store)) == {"completed"}
