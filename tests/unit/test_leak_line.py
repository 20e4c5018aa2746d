"""The leak lines of phase 1: what the canaries of a trial say against their budgets."""

from datetime import UTC, datetime

import pytest

from judge.evidence.record import Evidence
from judge.outcomes import State
from judge.readiness.leaks import leaks
from judge.readiness.policy import policy_of
from shadow.config import Workflow
from shadow.leaks import Leakage
from shadow.scrub.settings import ScrubSettings

NOW = datetime(2026, 11, 24, tzinfo=UTC)
READY, LACKING, BLOCKED = State.READY, State.INSUFFICIENT_EVIDENCE, State.BLOCKED


@pytest.mark.parametrize(
    ("scrub", "found", "lines"),
    [
        ({}, Leakage(), [("leaks: nothing was planted yet: insufficient evidence", LACKING)]),
        (
            {},
            Leakage(planted=400),
            [("leaks: 0 of 400 canaries let through, at most 0.7 % (95 %), budget 1.0 %: ready", READY)],
        ),
        (
            {},
            Leakage(planted=400, leaked=2, leaky=["ip", "secret"]),
            [
                (
                    "leaks: 2 of 400 canaries let through, of ip, secret, between 0.1 % and 1.6 % (95 %), "
                    "budget 1.0 %: insufficient evidence",
                    LACKING,
                )
            ],
        ),
        (
            {},
            Leakage(planted=400, leaked=50, leaky=["email"]),
            [
                (
                    "leaks: 50 of 400 canaries let through, of email, at least 9.9 % (95 %), budget 1.0 %: blocked",
                    BLOCKED,
                )
            ],
        ),
        (
            {"names": True},
            Leakage(planted=400, planted_names=200, leaked_names=10),
            [
                ("leaks: 0 of 400 canaries let through, at most 0.7 % (95 %), budget 1.0 %: ready", READY),
                ("leaked names: 10 of 200 names let through, at most 8.3 % (95 %), budget 30.0 %: ready", READY),
            ],
        ),
        ({"policy": "full"}, Leakage(), [("leaks: nothing is masked, as the policy full says: ready", READY)]),
    ],
)
def test_canaries_are_held_against_the_budgets(
    scrub: dict[str, object], found: Leakage, lines: list[tuple[str, State]]
) -> None:
    policy = policy_of(Workflow(candidates=["small"], scrub=ScrubSettings.model_validate(scrub)))
    evidence = Evidence(workflow="triage", fingerprint="small@1", as_of=NOW, leakage=found)
    assert [(line.sentence, line.state) for line in leaks(policy, evidence)] == lines
