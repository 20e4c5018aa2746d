"""A shared reading: read once for all, in the background when it is old, and never hiding that the store is gone."""

import threading
import time
from collections.abc import Callable

import pytest

from connectors.errors import RetryLater
from dashboards.parts import shared
from dashboards.parts.shared import FRESH_S, Shared


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(shared, "PATIENCE_S", 0.05)
    return Clock()


def held(gate: threading.Event, answer: object) -> Callable[[], object]:
    """A reading that takes until the gate is open."""

    def read() -> object:
        assert gate.wait(10)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return read


def until_rest(found: Shared[object]) -> None:
    for _ in range(1000):
        if not found.is_reading:
            return
        time.sleep(0.01)
    pytest.fail("still reading")


def test_a_fresh_reading_is_shown_and_an_old_one_until_the_next_is_there(clock: Clock) -> None:
    found: Shared[object] = Shared(clock)
    assert found.look(lambda: "first") == "first"
    clock.now = FRESH_S
    assert found.look(lambda: pytest.fail("fresh enough")) == "first"
    clock.now = FRESH_S + 1
    assert found.look(lambda: "quick") == "quick", "a reading that is quick is waited for"
    clock.now = 3 * FRESH_S
    gate = threading.Event()
    assert found.look(held(gate, "slow")) == "quick"
    assert found.look(lambda: pytest.fail("one reading at a time")) == "quick"
    assert found.is_reading
    gate.set()
    until_rest(found)
    assert found.look(lambda: pytest.fail("fresh enough")) == "slow"


def test_one_that_is_too_old_is_waited_for(clock: Clock) -> None:
    found: Shared[object] = Shared(clock)
    found.look(lambda: "first")
    clock.now = 100.0
    gate = threading.Event()
    threading.Timer(0.2, gate.set).start()
    assert found.look(held(gate, "slow"), oldest_s=60) == "slow"


def test_many_who_look_first_are_one_reading(clock: Clock) -> None:
    found: Shared[object] = Shared(clock)
    gate, told = threading.Event(), []
    threads = [threading.Thread(target=lambda: told.append(found.look(held(gate, object())))) for _ in range(5)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    gate.set()
    for thread in threads:
        thread.join()
    assert len(told) == 5
    assert len(set(map(id, told))) == 1


def test_a_store_that_is_gone_is_told_though_there_is_an_old_reading(clock: Clock) -> None:
    found: Shared[object] = Shared(clock)
    found.look(lambda: "first")
    clock.now = 2 * FRESH_S
    gate = threading.Event()
    assert found.look(held(gate, RetryLater("nobody answers"))) == "first"
    gate.set()
    until_rest(found)
    again = threading.Event()
    with pytest.raises(RetryLater, match="nobody answers"):
        found.look(held(again, "back"))
    again.set()
    until_rest(found)
    assert found.look(lambda: pytest.fail("fresh enough")) == "back"
