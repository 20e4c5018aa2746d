"""The short form of `make faults`: those that no other test does, on the broker that teams run."""

import functools
from pathlib import Path

import pytest

from tests.connectors.apache_kafka import Cluster
from tests.connectors.conftest import apache
from tests.faults.scenarios import cluster_restarted, kills, leaders_killed, zombies
from tests.faults.site import Scenario, outcome, site

__all__ = ["apache"]
pytestmark = pytest.mark.broker


@pytest.mark.parametrize("fault", ["kills", "zombies", "leaders_killed", "cluster_restarted"])
def test_every_offset_is_stored_once(tmp_path: Path, apache: Cluster, fault: str) -> None:
    """A mirror killed at once; one that stood still and wakes up; a broker killed; all of them restarted."""
    scenarios: dict[str, Scenario] = {
        "kills": kills,
        "zombies": zombies,
        "leaders_killed": functools.partial(leaders_killed, apache),
        "cluster_restarted": functools.partial(cluster_restarted, apache),
    }
    with site(tmp_path, apache.bootstrap_servers, f"short-{fault}") as place:
        scenarios[fault](place, 1)
    produced, result = outcome(place)
    assert result.adds_up, result.sentence
    assert result.seen == produced
    assert result.paired > 0
    assert result.rejected > 0
