"""How long a call waits before it is tried again."""

from datetime import UTC, datetime

import pytest

from connectors.patience import asked_wait_s, wait_s

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Mon, 23 Nov 2026 08:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 07:00:00 GMT"}, 0.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
    ],
)
def test_what_the_server_asks_for(headers: dict[str, str], expected: float | None) -> None:
    assert asked_wait_s(headers, NOW) == expected


@pytest.mark.parametrize(
    ("tries", "asked_s", "least", "most"),
    [(1, None, 0.25, 0.5), (2, None, 0.5, 1.0), (3, None, 1.0, 2.0), (50, None, 4.0, 8.0), (1, 4.0, 4.0, 5.0)],
)
def test_the_wait_grows_within_bounds_and_differs_each_time(
    tries: int, asked_s: float | None, least: float, most: float
) -> None:
    waits = {wait_s(tries, asked_s) for _ in range(100)}
    assert least <= min(waits)
    assert max(waits) <= most
    assert len(waits) > 50
