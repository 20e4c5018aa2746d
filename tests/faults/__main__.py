"""`make faults`: harm done to running mirrors; afterwards every produced offset is stored exactly once.

    python -m tests.faults [--short] [--broker embedded|apache] [--only NAME]

Exits with 1 when an offset is missing or is stored twice, or a broker that was asked for is not there.
"""

import argparse
import functools
import sys
import tempfile
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
HEAD = ("broker", "fault", "times", "produced", "paired", "skipped", "rejected", "missing", "repeats", "seconds")


def suffer(broker: str, servers: Sequence[str], plan: dict[str, tuple[Scenario, int]]) -> bool:
    """Run the faults on a broker, printing a line each; True when every offset came out once each time."""
    good = True
    for name, (scenario, times) in plan.items():
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            with site(Path(folder), servers, f"faults-{name}") as place:
                scenario(place, times)
            produced, result = outcome(place)
        lost = produced - result.seen + result.missing
        good &= lost == 0 and result.adds_up
        figures = (times, produced, result.paired, result.skipped, result.rejected, lost, result.repeats)
        show(broker, name, *figures, round(time.monotonic() - began))
    return good


def show(*cells: object) -> None:
    sys.stdout.write(" ".join(f"{cell!s:>16}" if place < 2 else f"{cell!s:>9}" for place, cell in enumerate(cells)))
    sys.stdout.write("\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--broker", choices=("embedded", "apache"))
    parser.add_argument("--only", choices=[*PLAN, "leaders_killed"])
    given = parser.parse_args()
    plan = {name: (scenario, few if given.short else many) for name, (scenario, many, few) in PLAN.items()}
    wanted = {name: each for name, each in plan.items() if given.only in (None, name)}
    good = True
    show(*HEAD)
    if given.broker != "apache":
        with embedded_broker() as address:
            good &= suffer("embedded", [address], wanted)
        show("embedded", "leaders_killed", "-")
        sys.stdout.write(
            "The embedded broker keeps all in memory: after a restart there is no record to compare with.\n"
        )
    if given.broker != "embedded":
        if missing():
            sys.stdout.write(f"{missing()}\n")
            return 1
        with cluster(3) as nodes:
            if given.only in (None, "leaders_killed"):
                wanted["leaders_killed"] = (functools.partial(scenarios.leaders_killed, nodes), 3)
            good &= suffer("apache", nodes.bootstrap_servers, wanted)
    sys.stdout.write(f"every produced offset exactly once: {'yes' if good else 'NO'}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
