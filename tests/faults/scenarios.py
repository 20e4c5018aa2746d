"""What may go wrong, each `times` times over."""

import os
import random
import signal
import time

from tests.connectors.apache_kafka import Cluster
from tests.faults.site import Site, stopped

MINUTE_S = 1.5
"""A minute of simulated time: everything that is measured in minutes happens forty times as fast."""
SILENCE_MINUTES, HANG_MINUTES = 5, 20
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
    """A candidate that hangs 20 simulated minutes longer than the 5 for which a group lets a member be silent."""
    silence_ms, hang_s = int(1000 * SILENCE_MINUTES * MINUTE_S), (SILENCE_MINUTES + HANG_MINUTES) * MINUTE_S
    text = place.config.read_text()
    place.config.write_text(text.replace("[source]\n", f"[source]\nmax_poll_interval_ms = {silence_ms}\n"))
    with place.mirror() as mirror:
        for _ in range(times):
            place.progress(mirror)
            place.delay_s = hang_s
            time.sleep(hang_s + 1.0)
            place.delay_s = 0.02
        place.progress(mirror)
        assert "partitions_revoked" not in mirror.output, f"no polling while the candidate hung:\n{mirror.output}"


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


def cluster_restarted(cluster: Cluster, place: Site, times: int) -> None:
    """kill -9 of every broker at once, and all of them again: nobody is left to ask."""
    with place.mirror() as mirror:
        for _ in range(times):
            place.progress(mirror)
            cluster.stop()
            time.sleep(3.0)
            for node in range(len(cluster.bootstrap_servers)):
                cluster.start(node)
            cluster.wait()
            place.progress(mirror)


def broker_silent(process: int, place: Site, times: int) -> None:
    """A broker that answers nobody for longer than a session lasts; for the embedded one, which keeps no files."""
    with place.mirror() as mirror:
        for _ in range(times):
            place.progress(mirror)
            os.kill(process, signal.SIGSTOP)
            time.sleep(7.0)
            os.kill(process, signal.SIGCONT)
            place.progress(mirror)
