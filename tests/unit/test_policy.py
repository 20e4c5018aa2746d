"""Policies: a preset, what a workflow says otherwise, and what is refused."""

from pathlib import Path

import pytest

from connectors.errors import UserError
from judge.outcomes import Phase
from judge.readiness.policy import JudgePolicy, Policy, load_preset, policy_of, presets
from shadow.config import Workflow, validate

STANDARD = policy_of(Workflow.model_validate({"candidates": ["small"]}))


def test_policy_of_a_workflow() -> None:
    workflow = Workflow.model_validate(
        {
            "candidates": ["small"],
            "checks": [{"check": "json_schema"}, {"check": "label_agreement"}],
            "judge": {"model": "arbiter", "min_labels": 40},
            "limits": {"p95_latency_ms": 900},
        }
    )
    assert policy_of(workflow) == Policy(
        budgets={"critical": 0.001, "major": 0.02, "minor": 0.05},
        p95_latency_ms=900.0,
        min_captured=200,
        cycles_to_expand=2,
        min_days=3,
        min_hours=8,
        evidence={"limited": 20.0, "expand": 20.0},
        checks=["json_schema", "label_agreement"],
        judge=JudgePolicy(model="arbiter", rubric="same_answer", min_labels=40, min_agreement=0.8),
    )


def test_the_policies_that_ship_are_whole_and_strict_is_no_milder() -> None:
    assert presets() == ["standard", "strict"]
    strict = policy_of(Workflow.model_validate({"candidates": ["small"], "policy": "strict"}))
    assert all(strict.budgets[severity] < STANDARD.budgets[severity] for severity in STANDARD.budgets)
    assert strict.alpha(Phase.LIMITED) < STANDARD.alpha(Phase.LIMITED) == 0.05
    assert (strict.min_days, strict.min_hours) > (STANDARD.min_days, STANDARD.min_hours)


def test_a_workflow_overrides_single_keys() -> None:
    own = {"candidates": ["small"], "policy": "strict", "budgets": {"major": 0.04}, "demands": {"min_days": 2}}
    found = policy_of(Workflow.model_validate(own))
    assert (found.budgets["major"], found.budgets["minor"], found.min_days, found.min_hours) == (0.04, 0.03, 2, 20)


def test_the_judge_is_taken_for_the_truth_on_somebody_s_word_only() -> None:
    with pytest.raises(UserError, match="takes judge_as_truth: say who"):
        validate(Workflow, {"candidates": ["small"], "demands": {"evidence": "judge"}}, "test.toml")
    words = {"evidence": "judge", "judge_as_truth": "Ada: an exact match"}
    found = policy_of(validate(Workflow, {"candidates": ["small"], "demands": words}, "test.toml"))
    assert found.judge_as_truth == "Ada: an exact match"


def test_a_policy_of_one_s_own(tmp_path: Path) -> None:
    own = tmp_path / "ours.toml"
    text = Path("judge/policies/standard.toml").read_text(encoding="utf-8")
    own.write_text(text.replace("major = 0.02", "major = 0.07"))
    found = policy_of(Workflow.model_validate({"candidates": ["small"], "policy": str(own)}))
    assert (found.budgets["major"], found.name) == (0.07, str(own))
    own.with_name("short.toml").write_text(text.replace("min_days = 3", ""))
    with pytest.raises(UserError, match=r"the key 'demands.min_days' is missing"):
        load_preset(str(own.with_name("short.toml")))
    own.with_name("odd.toml").write_text(text + "min_weeks = 3\n")
    with pytest.raises(UserError, match="unknown key 'min_weeks'"):
        load_preset(str(own.with_name("odd.toml")))


@pytest.mark.parametrize(
    ("name", "sentence"), [("strickt", "did you mean 'strict'"), ("no/such.toml", "there is no such file")]
)
def test_an_unknown_policy_is_refused(name: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        policy_of(Workflow.model_validate({"candidates": ["small"], "policy": name}))
