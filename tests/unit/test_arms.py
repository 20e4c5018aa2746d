"""Who is kin to whom, by the names of models: a table of cases, and what is refused."""

import pytest

from connectors.errors import UserError
from judge.judging.arms import kin, refuse_candidate_as_judge, refused
from judge.judging.families import families
from shadow.config import Connection, Workflow, validate


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-5.2", {"gpt"}),
        ("openai/gpt-4o-2024-08-06", {"gpt"}),
        ("gpt4_1106_preview", {"gpt"}),
        ("o1-mini-2024-09-12", {"gpt"}),
        ("claude-3-haiku-20240307", {"claude"}),
        ("meta-llama/Llama-3.1-8B-Instruct", {"llama"}),
        ("llama3.1", {"llama"}),
        ("vicuna-7b-v1.5", {"llama"}),
        ("Qwen2.5-7B-Instruct", {"qwen"}),
        ("DeepSeek-R1-Distill-Qwen-7B", {"deepseek", "qwen"}),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", {"mistral"}),
        ("gemma-2b-it", {"gemma"}),
        ("gemini-2.5-flash", {"gemini"}),
        ("Phi-3.5-mini", {"phi"}),
        ("SmolLM2-135M-Instruct.Q4_1.gguf", {"smollm"}),
        ("command-r-plus", {"cohere"}),
        ("acme/ticket-slm-1b", set()),
        ("philosophy-1", set()),
        ("graphic-3", set()),
        ("gptq-server", set()),
        ("qwen/internal-model", set()),
    ],
)
def test_families(model: str, expected: set[str]) -> None:
    assert families(model) == expected


MODELS = {
    name: Connection.model_validate({"kind": "openai", "model": model})
    for name, model in {
        "small": "Qwen2.5-1.5B-Instruct",
        "ours": "acme/ticket-slm",
        "gpt": "gpt-5.2",
        "big-qwen": "qwen/Qwen3-32B",
        "mistral": "mistral-large",
    }.items()
}


def workflow(candidate: str = "small", **judge: object) -> Workflow:
    return validate(Workflow, {"candidates": [candidate], "judge": judge}, "t")


@pytest.mark.parametrize(
    ("settings", "production", "expected"),
    [
        (workflow(model="gpt"), [], []),
        (workflow(model="gpt"), ["claude-4"], []),
        (workflow(model="gpt"), ["gpt-5.2-2026-01-01"], [("gpt", "production", "model")]),
        (workflow(model="gpt"), ["gpt-4o"], [("gpt", "production", "family")]),
        (workflow(model="gpt"), ["large-1"], [("gpt", "production", "unknown")]),
        (workflow(model="big-qwen"), ["gpt-4o"], [("big-qwen", "candidate", "family")]),
        (workflow(model="small"), [], [("small", "candidate", "model")]),
        (workflow("ours", model="gpt"), [], [("gpt", "candidate", "unknown")]),
        (workflow(model="gpt", panel=["mistral"], escalate_to="big-qwen"), [], [("big-qwen", "candidate", "family")]),
    ],
)
def test_kin(settings: Workflow, production: list[str], expected: list[tuple[str, str, str]]) -> None:
    assert [(each.judge, each.arm, each.how) for each in kin(settings, MODELS, production)] == expected


def test_kin_for_certain_are_refused_and_the_sentence_says_how() -> None:
    with pytest.raises(UserError) as error:
        refuse_candidate_as_judge("w", workflow(model="big-qwen"), MODELS, "f.toml")
    assert str(error.value) == (
        "f.toml: workflows.w.judge: the judge 'big-qwen' (qwen/Qwen3-32B) is of the same family as the candidate "
        "'small', and would judge its own kind; choose another model, or set accept_arm_as_judge = true if you know "
        "why."
    )
    refuse_candidate_as_judge("w", workflow(model="big-qwen", accept_arm_as_judge=True), MODELS, "f.toml")
    refuse_candidate_as_judge("w", workflow("ours", model="gpt"), MODELS, "f.toml")
    unknown = kin(workflow("ours", model="gpt"), MODELS, [])
    assert refused(unknown) == []
    assert unknown[0].sentence == (
        "the judge 'gpt' (gpt-5.2) may be of the same family as the candidate 'ours': the names do not tell"
    )
