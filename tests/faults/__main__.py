"""`make faults`: harm done to running mirrors; afterwards every produced offset is stored exactly once.

    python -m tests.faults [--short] [--broker embedded|apache] [--only NAME]

Exits with 1 when an offset is missing or is stored twice, or a broker that was asked for is not there.
"""

import argparse
import functools
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from connectors.broker import embedded_broker
from tests.connectors.apache_kafka import cluster, missing
from tests.faults import scenarios
from tests.faults.site import Scenario, outcome, site

# The fault, and how often it happens in the long and in the short form.
PLAN: dict[str, tuple[Scenario, int, int]] = {
    "kills": (scenarios.kills, 50, 5),
    "rebalances": (scenarios.rebalances, 10, 2),
    "owner_killed": (scenarios.owner_killed, 5, 1),
    "candidate_hangs": (scenarios.candidate_hangs, 2, 1),
    "zombies": (scenarios.zombies, 5, 1),
}
NO_ZOMBIES = (
    "embedded: no zombies, since it waits for ever for a member that died as the leader of a forming group;\n"
    "no restart, since all that it holds is in memory: it falls silent instead."
)
COUNTED = ("produced", "paired", "skipped", "rejected", "missing", "repeats", "refused")
HEAD = ("broker", "fault", "times", *COUNTED, "seconds")


def suffer(broker: str, servers: Sequence[str], plan: dict[str, tuple[Scenario, int]]) -> bool:
    """Run the faults on a broker, printing a line each; True when every offset came out once each time."""
    good = True
    for name, (scenario, times) in plan.items():
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            try:
                with site(Path(folder), servers, f"faults-{name}") as place:
                    scenario(place, times)
            except AssertionError as error:  # the others are still to be seen
                good = False
                show(broker, name, times, "FAILED")
                sys.stdout.write(f"{error}\n")
                continue
            produced, result = outcome(place)
        lost = produced - result.seen + result.missing
        good &= lost == 0 and result.adds_up
        figures = (times, produced, result.paired, result.skipped, result.rejected, lost, result.repeats, place.refused)
        show(broker, name, *figures, round(time.monotonic() - began))
    return good


def _without(plan: dict[str, tuple[Scenario, int]], name: str) -> dict[str, tuple[Scenario, int]]:
    return {each: fault for each, fault in plan.items() if each != name}


def _asked(own: dict[str, tuple[Scenario, int]], only: str | None) -> dict[str, tuple[Scenario, int]]:
    """Of the faults that one kind of broker alone can have, those that were asked for."""
    return {name: each for name, each in own.items() if only in (None, name)}


def _child() -> int:
    """The process of the embedded broker: the only child there is before the first site."""
    [child] = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    return int(child)


def show(*cells: object) -> None:
    sys.stdout.write(" ".join(f"{cell!s:>16}" if place < 2 else f"{cell!s:>9}" for place, cell in enumerate(cells)))
    sys.stdout.write("\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--broker", choices=("embedded", "apache"))
    parser.add_argument("--only", choices=[*PLAN, "broker_silent", "leaders_killed", "cluster_restarted"])
    given = parser.parse_args()
    plan = {name: (scenario, few if given.short else many) for name, (scenario, many, few) in PLAN.items()}
    wanted = {name: each for name, each in plan.items() if given.only in (None, name)}
    good = True
    show(*HEAD)
    if given.broker != "apache":
        with embedded_broker() as address:
            own = {"broker_silent": (functools.partial(scenarios.broker_silent, _child()), 1 if given.short else 3)}
            good &= suffer("embedded", [address], _without(wanted, "zombies") | _asked(own, given.only))
        sys.stdout.write(f"{NO_ZOMBIES}\n")
    if given.broker != "embedded":
        if missing():
            sys.stdout.write(f"{missing()}\n")
            return 1
        with cluster(3) as nodes:
            own = {
                "leaders_killed": (functools.partial(scenarios.leaders_killed, nodes), 1 if given.short else 3),
                "cluster_restarted": (functools.partial(scenarios.cluster_restarted, nodes), 1),
            }
            good &= suffer("apache", nodes.bootstrap_servers, wanted | _asked(own, given.only))
    sys.stdout.write(f"every produced offset exactly once: {'yes' if good else 'NO'}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
