"""The simulated escalation: tables of outcomes by confidence, and the lines that follow."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from judge.evidence.record import Confidence, Evidence, Tokens, Versions
from judge.outcomes import State
from judge.readiness.escalation import escalation, service_limits, simulate
from judge.readiness.policy import Policy

EMPTY = Evidence(workflow="triage", fingerprint="small@1", as_of=datetime(2026, 11, 23, tzinfo=UTC))
POLICY = Policy(
    budgets={"critical": 0.01, "major": 0.05, "minor": 0.1}, min_captured=1, cycles_to_expand=1, checks=[], judge=None
)
SURE = [Confidence(0.5, 100, 60), Confidence(0.8, 300, 15), Confidence(0.98, 600, 0)]
PRICED = {
    "usd_per_million": {"small": (0.1, 0.2), "large-1": (2.0, 10.0)},
}
SPENT = {
    "captured": 1000,
    "candidate_tokens": Tokens(500_000, 20_000),
    "production_tokens": Tokens(500_000, 20_000),
    "versions": Versions(production_models=["large-1"]),
}


def change(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)


@pytest.mark.parametrize(
    ("rows", "state", "told"),
    [
        ([], State.INSUFFICIENT_EVIDENCE, "0 pairs with a confidence and a known outcome, wanted 30"),
        ([Confidence(None, 500, 3)], State.INSUFFICIENT_EVIDENCE, "the candidate tells no confidence"),
        ([Confidence(0.9, 20, 0)], State.INSUFFICIENT_EVIDENCE, "20 pairs with a confidence"),
        ([Confidence(0.9, 400, 300)], State.INSUFFICIENT_EVIDENCE, "no confidence keeps wrong answers within 5.0 %"),
        (SURE, State.READY, "answers of confidence 0.80 and more are kept, 10.0 % of the calls go on"),
    ],
)
def test_the_line_of_shadow(rows: list[Confidence], state: State, told: str) -> None:
    if rows and rows[0].defects == 300:  # even the surest answers are wrong, whatever the threshold
        rows = [Confidence(1.0, 400, 300)]
    found = escalation(POLICY, change(EMPTY, confidences=rows))
    assert (found.state, told in found.sentence) == (state, True), found.sentence


def test_a_policy_may_do_without() -> None:
    assert escalation(change(POLICY, escalation=False), EMPTY).state is State.READY


def test_a_call_without_a_confidence_goes_on() -> None:
    chosen = simulate(POLICY, change(EMPTY, confidences=[*SURE, Confidence(None, 1000, 0)])).chosen
    assert chosen is not None
    assert chosen.escalated >= 0.5


def test_limits_on_rate_and_cost() -> None:
    policy = change(POLICY, max_escalation_rate=0.2, max_usd_per_task=0.001, **PRICED)
    rate, cost = service_limits(policy, change(EMPTY, confidences=SURE, **SPENT), 0.05)
    assert (rate.name, rate.state) == ("escalation rate", State.READY), rate.sentence
    assert (cost.name, cost.state) == ("cost per task", State.READY), cost.sentence
    # candidate 0.054 mUSD a call, production 1.2 mUSD on a tenth of them, over the share done well
    assert cost.value == pytest.approx((0.000054 + 0.1 * 0.0012) / (1 - 0.0243), rel=0.05)
    dear = change(policy, max_usd_per_task=0.0001)
    assert service_limits(dear, change(EMPTY, confidences=SURE, **SPENT), 0.05)[1].state is State.INSUFFICIENT_EVIDENCE


def test_without_prices_or_labels_no_limit_holds() -> None:
    policy = change(POLICY, max_escalation_rate=0.2, max_usd_per_task=0.001)
    for evidence in (EMPTY, change(EMPTY, confidences=SURE)):
        assert State.INSUFFICIENT_EVIDENCE in {line.state for line in service_limits(policy, evidence, 0.05)}
