"""Every migration of a package has a number of its own, and none is left out."""

import pytest

from shadow.migrations import migrations


@pytest.mark.parametrize("package", ["shadow", "judge"])
def test_numbers_go_from_one_without_gap_or_repeat(package: str) -> None:
    numbers = [each.number for each in migrations(package)]
    assert numbers == list(range(1, len(numbers) + 1))
