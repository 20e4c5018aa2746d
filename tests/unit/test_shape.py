"""The shape of the code: small files with one subject each, and names that say which."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("connectors", "shadow", "judge", "dashboards")
MOST_LINES = 400
VAGUE = {"utils", "util", "helpers", "helper", "base", "manager", "common", "misc"}
FILES = sorted(path for package in (*PACKAGES, "tests") for path in (ROOT / package).rglob("*.py"))


def test_the_walk_finds_the_code() -> None:
    assert len(FILES) > 50


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_small_and_its_name_says_something(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    assert path.stem not in VAGUE


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is(package: str) -> None:
    silent = [path for path in (ROOT / package).rglob("*.py") if not path.read_text(encoding="utf-8").startswith('"""')]
    assert silent == []
