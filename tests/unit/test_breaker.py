"""The circuit breaker: what happened, and the state that it must be in."""

import pytest

from shadow.breaker import FAILURES, LONGEST_WAIT_S, Breaker

FAIL, ANSWER, PROBE, GOOD, BAD = "fail", "answer", "probe", "good", "bad"


def after(*events: str | float) -> Breaker:
    """A breaker to which this happened; a number is a wait in seconds."""
    breaker, now = Breaker(), 100.0
    for event in events:
        match event:
            case float():
                now += event
            case "fail":
                breaker.failed(now, "away")
            case "answer":
                breaker.answered()
            case "probe":
                assert breaker.probe_is_due(now)
                breaker.probing()
            case "good":
                breaker.probed(now, None)
            case "bad":
                breaker.probed(now, "still away")
    return breaker


OPEN = [FAIL] * FAILURES


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], "closed"),
        ([FAIL] * (FAILURES - 1), "closed"),
        (OPEN, "open"),
        ([*[FAIL] * (FAILURES - 1), ANSWER, *[FAIL] * (FAILURES - 1)], "closed"),
        ([*OPEN, ANSWER], "open"),
        ([*OPEN, 1.0, PROBE], "half_open"),
        ([*OPEN, 1.0, PROBE, FAIL, ANSWER], "half_open"),
        ([*OPEN, 1.0, PROBE, GOOD], "closed"),
        ([*OPEN, 1.0, PROBE, BAD], "open"),
        ([*OPEN, 1.0, PROBE, GOOD, *[FAIL] * (FAILURES - 1)], "closed"),
        ([*OPEN, 1.0, PROBE, GOOD, *OPEN], "open"),
    ],
)
def test_states(events: list[str | float], state: str) -> None:
    assert after(*events).state == state


@pytest.mark.parametrize(
    ("events", "wait_s"),
    [
        (OPEN, 1.0),
        ([*OPEN, 1.0, PROBE, BAD], 2.0),
        ([*OPEN, 1.0, PROBE, BAD, 2.0, PROBE, BAD], 4.0),
        ([*OPEN, *[LONGEST_WAIT_S, PROBE, BAD] * 9], LONGEST_WAIT_S),
        ([*OPEN, 1.0, PROBE, GOOD, ANSWER, *OPEN], 1.0),
        ([*OPEN, 1.0, PROBE, GOOD, *OPEN], 2.0),  # a probe is answered and no record: not back yet
    ],
)
def test_the_wait_until_the_next_probe(events: list[str | float], wait_s: float) -> None:
    breaker = after(*events)
    now = 100.0 + sum(event for event in events if isinstance(event, float))
    assert not breaker.probe_is_due(now + wait_s - 0.01)
    assert breaker.probe_is_due(now + wait_s)


def test_a_wait_that_the_endpoint_asks_for_opens_at_once_and_is_kept() -> None:
    breaker = Breaker()
    breaker.failed(10.0, "HTTP 429", after_s=30.0)
    assert breaker.state == "open"
    assert not breaker.probe_is_due(39.9)
    assert breaker.probe_is_due(40.0)


def test_it_remembers_since_when_and_why() -> None:
    breaker = after(*OPEN, 1.0, PROBE, BAD)
    assert (breaker.since_s, breaker.why) == (100.0, "still away")
