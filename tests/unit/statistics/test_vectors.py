"""The mixture against published cases: ours to 1e-6."""

import json
from pathlib import Path

import pytest

from tests.bench.vectors import BAR, FIGURES, differences, find, main
from tests.needs import need


def test_evidence_and_bounds_agree_with_the_published_cases() -> None:
    path = find()
    need(path is not None, "no shared/vectors/readiness_vectors.json beside the checkout")
    assert path is not None
    cases = json.loads(path.read_text())
    assert len(cases) >= 30
    assert max(max(differences(case).values()) for case in cases) < BAR


def test_a_wrong_case_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = {
        "mode": "clean", "n": [100.0], "k": [0.0], "w": [1.0], "threshold": 0.02, "prior_a": [1.0], "prior_b": [99.0],
        **dict.fromkeys(FIGURES, 0.0),
    }  # fmt: skip
    file = tmp_path / "cases.json"
    file.write_text(json.dumps([case]))
    assert main(file) == 1
    assert "MISSED" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["[]", None])
def test_no_case_is_no_pass(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "cases.json"
    if text is not None:
        file.write_text(text)
    assert main(file) == 1
