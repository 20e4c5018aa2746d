"""`make bench-store`: every query behind a page or a command, on a file of many pairs that is written to and read.

Alone: the owner itself reads, everything once before the clock runs; the processor seconds of a query tell its cost on
a machine that others use as well. Loaded: the owner appends 500 pairs each 0.2 s, as the mirror does, and
two attached processes read, with a pause between questions. Prints a table, and fails when the 95th percentile of any
query is above a second.

    python -m tests.bench.store [PAIRS] [SECONDS] [--kept DIR] [--loaded]

The store is made once and kept in DIR, by default below ~/.cache/shadowjudge; each run works on a copy. `--loaded`
leaves out the part alone.
"""

import argparse
import multiprocessing
import os
import platform
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty
from typing import Any

import polars as pl

from connectors.types import Completion, Origin, Partition, Request
from judge.board import board, evidence_of, readiness_of
from judge.browsing.counts import by_day, clusters, tags
from judge.browsing.filter import Filter, Show, shown
from judge.browsing.pages import pairs_page
from judge.browsing.search import by_id, search
from judge.judging.epoch import Epochs
from judge.outcomes import Outcome, Phase, Severity, Stratum
from judge.queries import health, pair_detail, spend
from judge.readiness.policy import policy_of
from judge.sampling.judging import count_unjudged, unjudged
from judge.scoring.plan import JudgePlan, Plan
from judge.scoring.worklist import count_unchecked, fetch, unchecked
from shadow.funnel import funnel
from shadow.held import held
from shadow.pairs import to_frame
from shadow.store import Store, open_store
from shadow.types import Pair, pair_id
from tests.bench.big_store import NEW, SPAN, START, WORKFLOWS, big_store, configuration

BAR_S = 1.0
PAUSE_S = 0.2
ROWS, EACH_S = 500, 0.2
READERS = 2
OVERVIEW = "overview, all workflows"
BIG, SMALL = WORKFLOWS[0], WORKFLOWS[7]
Times = dict[str, list[float]]


class Timed:
    """A store that notes what each read took, by the question it was part of and its number there.

    In seconds by `clock`; the whole questions always by the wall's.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.perf_counter) -> None:
        self._store, self._clock = store, clock
        self.queries: Times = defaultdict(list)
        self.wholes: Times = defaultdict(list)
        self._name, self._number = "", 0

    def ask(self, name: str, question: Callable[[Any], Any]) -> None:
        self._name, self._number = name, 0
        begun = time.perf_counter()
        question(self)
        self.wholes[name].append(time.perf_counter() - begun)

    def read(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        begun = self._clock()
        frame = self._store.read(sql, params)
        self._number += 1
        self.queries[f"{self._name}#{self._number}"].append(self._clock() - begun)
        return frame


def questions(store: Store) -> dict[str, Callable[[Any], Any]]:
    """Everything that pages and commands ask, by name; "overview" is twenty workflows at once."""
    config = configuration()
    version = evidence_of(store, config, BIG, NEW, datetime.now(UTC)).versions.checks
    judge: Any = _judged_by("e1")
    plan = Plan(BIG, [], version, judge)
    every = Filter(workflow=BIG)
    reference = pairs_page(store, every, page=100).rows.select("pair_id", "occurred_at").row(0)
    lists = {f"pairs: {show}": lambda kept, show=show: pairs_page(kept, shown(BIG, show), size=12) for show in Show}
    narrow = Filter(
        workflow=BIG, strata=(Stratum.SETTLED, Stratum.DISAGREE), severities=(Severity.MAJOR,), failed="text_agreement",
        since=START + SPAN / 4, until=START + SPAN / 2, tag=("team", "b"),
    )  # fmt: skip
    return {
        "readiness, big workflow": lambda kept: readiness_of(kept, config, BIG, Phase.LIMITED),
        "readiness, small workflow": lambda kept: readiness_of(kept, config, SMALL, Phase.LIMITED),
        **lists,
        "pairs: all, page 2,000": lambda kept: pairs_page(kept, every, page=2000, size=12),
        "pairs: unreviewed, page 500": lambda kept: pairs_page(kept, shown(BIG, Show.UNREVIEWED), page=500, size=12),
        "pairs: of a severity": lambda kept: pairs_page(kept, Filter(workflow=BIG, severities=(Severity.MAJOR,))),
        "pairs: judged so": lambda kept: pairs_page(kept, Filter(workflow=BIG, verdicts=(Outcome.WORSE_MAJOR,))),
        "pairs: of a tag": lambda kept: pairs_page(kept, Filter(workflow=BIG, tag=("team", "b"))),
        "pairs: six keys at once": lambda kept: pairs_page(kept, narrow),
        "text: newest 200,000, found": lambda kept: search(kept, every, "ab12"),
        "text: newest 200,000, nowhere": lambda kept: search(kept, every, "not there"),
        "text: small workflow, nowhere": lambda kept: search(kept, Filter(workflow=SMALL), "not there"),
        "text: a rare filter": lambda kept: search(kept, narrow, "not there"),
        "by id": lambda kept: by_id(kept, "r1234567"),
        "by day": lambda kept: by_day(kept, every),
        "clusters": lambda kept: clusters(kept, every),
        "clusters by slice": lambda kept: clusters(kept, every, tag="team"),
        "tags": lambda kept: tags(kept, every),
        "one pair": lambda kept: pair_detail(kept, config, *reference),
        "health": health,
        "spend": spend,
        "funnel": funnel,
        "held, one partition": lambda kept: held(kept, [Partition("calls", 3)]),
        "scorer: unchecked": lambda kept: fetch(kept, unchecked(kept, plan, 500)),
        "scorer: unjudged": lambda kept: unjudged(kept, plan, judge, 16),
        "scorer: how many unchecked": lambda kept: count_unchecked(kept, plan),
        "scorer: how many unjudged": lambda kept: count_unjudged(kept, plan, judge),
        OVERVIEW: lambda kept: board(kept, config),
    }


def _judged_by(epoch: str) -> JudgePlan:
    """The sampling plan of a judge; nothing here asks its model."""
    workflow = configuration().workflows[BIG]
    assert workflow.judge
    nobody: Any = None
    epochs = Epochs("", {})
    epochs.current = epoch
    return JudgePlan([NEW], workflow, {}, nobody, nobody, workflow.judge, "", epochs, policy_of(workflow))


def read_for(url: str, seconds: float, out: Any) -> None:
    """Ask everything in turn for so long, at least once; puts (queries, wholes) or the error."""
    try:
        store = open_store(url)
        timed = Timed(store)
        asked = questions(store)
        deadline, rounds = time.monotonic() + seconds, 0
        while not rounds or time.monotonic() < deadline:
            for name, question in asked.items():
                if rounds and (time.monotonic() > deadline or name == OVERVIEW):
                    continue
                timed.ask(name, question)
                time.sleep(PAUSE_S)
            rounds += 1
        store.close()
        out.put((dict(timed.queries), dict(timed.wholes)))
    except BaseException as error:
        out.put(error)
        raise


def alone(store: Store, rounds: int = 3) -> tuple[Times, Times]:
    """Processor seconds of queries and wall seconds of whole questions, with nothing else to do in this process."""
    asked = questions(store)
    for question in asked.values():
        question(store)
    timed = Timed(store, time.process_time)
    for _ in range(rounds):
        for name, question in asked.items():
            timed.ask(name, question)
    return timed.queries, timed.wholes


def measure(url: str, readers: int, seconds: float, turn: Callable[[], None]) -> tuple[Times, Times]:
    """Times of queries and of whole questions over all readers, while `turn` is called again and again."""
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    processes = [context.Process(target=read_for, args=(url, seconds, out)) for _ in range(readers)]
    for process in processes:
        process.start()
    queries: Times = defaultdict(list)
    wholes: Times = defaultdict(list)
    answered = 0
    while answered < readers:
        turn()
        try:
            found = out.get_nowait()
        except Empty:
            continue
        if isinstance(found, BaseException):
            raise found
        answered += 1
        for sums, times in zip((queries, wholes), found, strict=True):
            for name, values in times.items():
                sums[name] += values
    for process in processes:
        process.join()
    return queries, wholes


class Mirror:
    """Appends as the mirror does."""

    def __init__(self, store: Store) -> None:
        self._store, self._next, self._due, self.times = store, 0, time.monotonic(), []

    def turn(self) -> None:
        time.sleep(max(0.0, self._due - time.monotonic()))
        self._due = max(time.monotonic(), self._due) + EACH_S
        frame = to_frame([_pair(self._next + number) for number in range(ROWS)])
        begun = time.perf_counter()
        self._store.append("pairs", frame)
        self.times.append(time.perf_counter() - begun)
        self._next += ROWS


def _pair(number: int) -> Pair:
    origin, now = Origin("live", 0, number), datetime.now(UTC)
    return Pair(
        pair_id=pair_id(origin, NEW), workflow=BIG, fingerprint=NEW, request_id=f"live-{number}", occurred_at=now,
        mirrored_at=now, origin=origin, request=Request(messages=[{"role": "user", "content": f"{number} " * 80}]),
        production=Completion(text="x" * 120, model="large-1", latency_ms=900.0, input_tokens=300, output_tokens=30),
        candidate=Completion(text="y" * 120, latency_ms=90.0, input_tokens=290, output_tokens=30), scrub_version="s1",
    )  # fmt: skip


def percentile(times: list[float], share: float) -> float:
    """The value at that rank, rounded up."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def report(title: str, queries: Times, wholes: Times) -> tuple[float, str]:
    """Print a table; the worst 95th percentile of a query, and whose it is."""
    lines = [
        f"\n{title}\n| question | queries | slowest query p50 s | p95 s | whole p50 s | p95 s |",
        "|---|---|---|---|---|---|",
    ]
    worst, whose = 0.0, ""
    for name, whole in wholes.items():
        own = {key: times for key, times in queries.items() if key.rpartition("#")[0] == name}
        slowest = max(own, key=lambda key: percentile(own[key], 0.95))
        p95 = percentile(own[slowest], 0.95)
        if p95 > worst:
            worst, whose = p95, f"{name}, {len(own[slowest])} times"
        lines.append(
            f"| {name} | {len(own)} | {percentile(own[slowest], 0.5):.2f} | {p95:.2f} "
            f"| {percentile(whole, 0.5):.2f} | {percentile(whole, 0.95):.2f} |"
        )
    sys.stdout.write("\n".join(lines) + "\n")
    return worst, whose


def main(pairs: int, seconds: float, folder: Path, with_alone: bool) -> int:
    """Exit code 1 when a query is too slow."""
    kept = big_store(folder, pairs)
    with tempfile.TemporaryDirectory(dir=kept.parent) as copy:
        path = Path(copy) / "s.duckdb"
        shutil.copyfile(kept, path)
        store = open_store(f"duckdb:{path}")
        store.migrate("shadow")
        store.migrate("judge")
        setting = store.read(
            "SELECT current_setting('threads') AS threads, current_setting('memory_limit') AS memory"
        ).to_dicts()[0]
        stored = store.read("SELECT count(*) FROM pairs").item()
        sys.stdout.write(
            f"{stored:,} pairs, {path.stat().st_size / 1e9:.1f} GB; {platform.processor() or platform.machine()}, "
            f"{os.cpu_count()} cores; DuckDB threads {setting['threads']}, memory limit {setting['memory']}\n"
        )
        if with_alone:
            report("alone, queries in processor seconds (of all cores)", *alone(store))
        mirror = Mirror(store)
        worst, whose = report(
            f"{ROWS} pairs appended each {EACH_S} s, {READERS} processes reading",
            *measure(f"duckdb:{path}", READERS, seconds, mirror.turn),
        )
        appended, p95 = len(mirror.times) * ROWS, percentile(mirror.times, 0.95)
        store.close()
    sys.stdout.write(f"\nappended {appended:,} pairs meanwhile; p95 of an append {p95:.3f} s; no lock error\n")
    verdict = "holds" if worst <= BAR_S else "MISSED"
    sys.stdout.write(f"bench-store: worst query p95 {worst:.2f} s ({whose}), bar {BAR_S:g} s: {verdict}\n")
    return 0 if worst <= BAR_S else 1


if __name__ == "__main__":
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "shadowjudge" / "bench"
    parser = argparse.ArgumentParser(prog="python -m tests.bench.store")
    parser.add_argument("pairs", nargs="?", type=int, default=10_000_000)
    parser.add_argument("seconds", nargs="?", type=float, default=120.0)
    parser.add_argument("--kept", type=Path, default=cache, metavar="DIR")
    parser.add_argument("--loaded", action="store_true")
    given = parser.parse_args()
    sys.exit(main(given.pairs, given.seconds, given.kept, not given.loaded))
