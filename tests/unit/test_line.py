"""Numbers as a sentence writes them."""

import pytest

from judge.readiness.line import about, decimals


@pytest.mark.parametrize(
    ("one", "other", "digits"), [(0.02, 0.05, 1), (0.0199, 0.02, 2), (0.01999, 0.02, 3), (0.02, 0.02, 1)]
)
def test_decimals_tell_a_bound_from_its_budget(one: float, other: float, digits: int) -> None:
    assert decimals(one, other) == digits


@pytest.mark.parametrize(("n", "said"), [(1, 1), (7.2, 8), (31, 31), (314, 320), (4_271, 4_300), (98_001, 99_000)])
def test_a_forecast_has_two_digits(n: float, said: int) -> None:
    assert about(n) == said
