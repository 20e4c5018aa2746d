"""Learn-then-Test: cases, and how often the chosen threshold breaks the budget in truth."""

import numpy as np
import pytest

from judge.statistics.escalation import Prices, escalation

GRID = np.linspace(0.0, 1.0, 41)


def drawn(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores between 0 and 1, wrong with a probability that falls with the score."""
    scores = rng.random(n)
    return scores, rng.random(n) < 0.16 * (1 - scores) ** 1.5


def true_risk(at: float) -> float:
    """P(kept and wrong): the integral of 0.16 (1 - s)^1.5 from `at` to 1."""
    return float(0.16 / 2.5 * (1 - at) ** 2.5)


def test_the_chosen_threshold_holds_the_budget_in_truth() -> None:
    rng = np.random.default_rng(12)
    chosen = [escalation(*drawn(rng, 1_000), budget=0.02, thresholds=GRID.tolist()) for _ in range(300)]
    risks = [0.0 if one.chosen is None else true_risk(one.chosen.score) for one in chosen]
    assert np.mean(np.array(risks) > 0.02) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)
    assert np.median([one.chosen.escalated for one in chosen if one.chosen]) < 0.6
    averaged = [true_risk(one.expected.score) for one in chosen if one.expected]
    assert np.mean(np.array(averaged) > 0.02) > 0.2


def test_too_few_labels_escalate_everything_or_nothing_passes() -> None:
    few = escalation([0.9] * 40, [False] * 40, budget=0.02)
    assert few.chosen is None
    assert few.labels == 40
    none = escalation([], [], budget=0.02)
    assert (none.chosen, none.expected, none.passed) == (None, None, [])


def test_trying_stops_at_the_first_that_fails() -> None:
    scores = np.concatenate([np.full(400, 0.9), np.full(400, 0.5), np.full(400, 0.1)])
    wrong = np.concatenate([np.zeros(400), np.ones(400), np.zeros(400)]).astype(bool)
    found = escalation(scores, wrong, budget=0.02, thresholds=[0.1, 0.5, 0.9])
    assert [one.score for one in found.passed] == [0.9]
    assert found.chosen is not None
    assert found.chosen.escalated == pytest.approx(2 / 3)


def test_the_cheapest_a_successful_task() -> None:
    rng = np.random.default_rng(1)
    found = escalation(
        *drawn(rng, 2_000), budget=0.02, thresholds=GRID.tolist(), prices=Prices(small=0.001, large=0.02)
    )
    assert found.chosen is not None
    one = found.chosen
    assert one.cost == pytest.approx((0.001 + one.escalated * 0.02) / (1 - one.risk_upper))
    assert one.cost == min(other.cost for other in found.passed if other.cost is not None)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        escalation([0.1], [True, False], budget=0.02)
    with pytest.raises(ValueError, match="between 0 and 1"):
        escalation([0.1], [True], budget=0.0)
