"""What may go wrong, each `times` times over."""

import random
import time

from tests.connectors.apache_kafka import Cluster
from tests.faults.site import Site, stopped

chance = random.Random(20261123)


def kills(place: Site, times: int) -> None:
    """kill -9 of the mirror at random points, from its first moments on."""
    for number in range(times):
        with place.mirror() as mirror:
            if number % 5 == 0:
                time.sleep(chance.uniform(0.0, 4.0))
            else:
                place.log_of(mirror, "partitions_assigned")
                time.sleep(chance.uniform(0.0, 1.5))
            mirror.kill()


def rebalances(place: Site, times: int) -> None:
    """Members come and go, two rebalances at a time."""
    with place.mirror() as first:
        place.progress(first)
        for _ in range(times // 2):
            with place.mirror() as second:
                place.log_of(second, "partitions_assigned")
                time.sleep(chance.uniform(0.0, 1.0))
                second.interrupt()
            place.progress(first)


def owner_killed(place: Site, times: int) -> None:
    """kill -9 of the process that owns the store, while two mirrors write to it."""
    with place.mirror() as first, place.mirror() as second:
        place.log_of(second, "partitions_assigned")
        for _ in range(times):
            place.progress(first)
            time.sleep(chance.uniform(0.0, 1.0))
            place.owner()
        place.progress(first)


def candidate_hangs(place: Site, times: int) -> None:
    """A candidate that takes three times as long as the group lets a member be silent."""
    text = place.config.read_text()
    place.config.write_text(text.replace("[source]\n", "[source]\nmax_poll_interval_ms = 3000\n"))
    with place.mirror() as mirror:
        for _ in range(times):
            place.progress(mirror)
            place.delay_s = 9.0
            time.sleep(10.0)
            place.delay_s = 0.02
        place.progress(mirror)
        assert "partitions_revoked" not in mirror.output, "polling goes on while the candidate hangs"


def zombies(place: Site, times: int) -> None:
    """A mirror stopped for longer than the session lasts wakes up beside the one that took its partitions."""
    for _ in range(times):
        with place.mirror() as first:
            place.progress(first)
            with place.mirror() as second:
                place.log_of(second, "partitions_assigned")
                time.sleep(chance.uniform(0.0, 1.0))
                place.delay_s = 0.3
                time.sleep(0.3)
                stopped(first, 7.0)
                place.delay_s = 0.02
                time.sleep(2.0)
                second.interrupt()
            first.interrupt()


def leaders_killed(cluster: Cluster, place: Site, times: int) -> None:
    """kill -9 of one broker after the other: each leader and the group's coordinator are among them."""
    with place.mirror() as mirror:
        for number in range(times):
            node = number % len(cluster.bootstrap_servers)
            place.progress(mirror)
            cluster.kill(node)
            time.sleep(3.0)
            place.progress(mirror)
            cluster.start(node)
            cluster.wait()
            time.sleep(5.0)
