"""README and CONTRIBUTING: what they show can be used, and what they link to is there."""

import re
from pathlib import Path
from typing import Any

import pytest

from judge.checking.loading import load_checks
from judge.outcomes import Status
from shadow.config import load

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_configuration_in_the_readme_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_API_KEY", "key")
    (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "shadowjudge.toml"
    path.write_text(example)
    config = load(path)
    assert len([line for line in example.splitlines() if line.strip()]) <= 20
    for name, workflow in config.workflows.items():
        assert load_checks(name, workflow.checks, "README.md")


def test_the_check_in_contributing_works() -> None:
    (source,) = re.findall(r"```python\n(.*?)```", CONTRIBUTING, re.DOTALL)
    names: dict[str, Any] = {}
    exec(source, names)
    for status, each in [(Status.PASS, *names["PASSES"]), (Status.FAIL, *names["FAILS"])]:
        assert names["NoApology"].model_validate(each.settings)(each.pair()).status is status


@pytest.mark.parametrize(
    "document", ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))]
)
def test_no_link_leads_nowhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in link]
    assert [link for link in links if not ((ROOT / document).parent / link).exists()] == []
