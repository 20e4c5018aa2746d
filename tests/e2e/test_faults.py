"""One of the faults of `make faults` that no other test does: a mirror that wakes up among the living."""

from pathlib import Path

import pytest

from tests.faults.scenarios import zombies
from tests.faults.site import outcome, site

pytestmark = pytest.mark.broker


def test_a_mirror_that_was_stopped_for_long_stores_nothing_that_another_stored(tmp_path: Path, broker: str) -> None:
    with site(tmp_path, [broker], "zombies") as place:
        zombies(place, 1)
    produced, result = outcome(place)
    assert result.adds_up, result.sentence
    assert result.seen == produced
