"""The line of readiness on judges that are kin to an arm: refused, accepted and named, or not known."""

from datetime import UTC, datetime

import pytest

from judge.evidence.record import Evidence, Versions
from judge.outcomes import State
from judge.readiness.arms import arms
from judge.readiness.policy import policy_of
from shadow.config import ModelConnection, Workflow

MODELS = {
    "small": ModelConnection.model_validate({"kind": "openai", "model": "Qwen2.5-1.5B"}),
    "gpt": ModelConnection.model_validate({"kind": "openai", "model": "gpt-5.2"}),
    "ours": ModelConnection.model_validate({"kind": "openai", "model": "acme-judge"}),
}


def evidence(*production: str) -> Evidence:
    versions = Versions(production_models=list(production))
    return Evidence(workflow="w", fingerprint="small@1", as_of=datetime(2026, 11, 24, tzinfo=UTC), versions=versions)


@pytest.mark.parametrize(
    ("judge", "production", "state", "sentence"),
    [
        ({"model": "gpt"}, "claude-4", State.READY, "arms: no judge is kin to production or the candidate: ready"),
        (
            {"model": "gpt"},
            "gpt-4o",
            State.BLOCKED,
            "arms: the judge 'gpt' (gpt-5.2) is of the same family as production's 'gpt-4o', and would judge its own "
            "kind: blocked",
        ),
        (
            {"model": "gpt", "accept_arm_as_judge": True},
            "gpt-5.2-2026-01-01",
            State.READY,
            "arms: the judge 'gpt' (gpt-5.2) is the same model as production's 'gpt-5.2-2026-01-01', accepted by "
            "accept_arm_as_judge: ready",
        ),
        (
            {"model": "ours"},
            "gpt-4o",
            State.READY,
            "arms: the judge 'ours' (acme-judge) may be of the same family as the candidate 'small': the names do not "
            "tell; the judge 'ours' (acme-judge) may be of the same family as production's 'gpt-4o': the names do not "
            "tell: ready",
        ),
    ],
)
def test_arms(judge: dict[str, object], production: str, state: State, sentence: str) -> None:
    policy = policy_of(Workflow.model_validate({"candidates": ["small"], "judge": judge}), MODELS)
    (line,) = arms(policy, evidence(production))
    assert (line.sentence, line.state) == (sentence, state)


def test_a_production_that_nobody_named_is_no_pass() -> None:
    policy = policy_of(Workflow.model_validate({"candidates": ["small"], "judge": {"model": "gpt"}}), MODELS)
    assert [line.state for line in arms(policy, evidence())] == [State.INSUFFICIENT_EVIDENCE]


def test_without_a_judge_there_is_no_such_line() -> None:
    assert arms(policy_of(Workflow.model_validate({"candidates": ["small"]})), evidence("gpt-4o")) == []
