"""Prints the table of every data set, and one line at the end; exits 1 when a bar is missed."""

import importlib
import json
import os
import pkgutil
import sys
import time
from logging import CRITICAL
from pathlib import Path

import polars as pl
import structlog

import tests.bench.checks.sets
from tests.bench.checks.rows import Figure

NOTES = 40
MARK = {True: "ok", False: "MISSED", None: ""}


def main(wanted: list[str]) -> int:
    """The exit code: 0 when every bar holds; absent data fails only where CI is set."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    folder = data()
    names = [each.name for each in pkgutil.iter_modules(tests.bench.checks.sets.__path__)]
    lines: list[Figure] = []
    absent: list[str] = []
    for name in wanted or names:
        if folder is None or not (folder / name / "dev.parquet").exists():
            absent.append(name)
            print(f"{name}: absent, no {name}/dev.parquet in {folder or 'shared/bench-data'}")
            continue
        started = time.perf_counter()
        module = importlib.import_module(f"tests.bench.checks.sets.{name}")
        rows = pl.read_parquet(folder / name / "dev.parquet").to_dicts()
        reference = json.loads((folder / name / "dev_figures.json").read_text(encoding="utf-8"))["figures"]
        print(f"\n{name}: {len(rows)} rows")
        for figure in module.figures(rows, reference):
            show(figure)
            lines.append(figure)
        print(f"  ({time.perf_counter() - started:.1f} s)")
    barred = [each for each in lines if each.holds is not None]
    missed = [each.name for each in barred if not each.holds]
    print()
    print(
        f"bench-checks: {len(barred) - len(missed)} of {len(barred)} bars hold"
        + (f"; missed: {', '.join(missed)}" if missed else "")
        + (f"; absent: {', '.join(absent)}" if absent else "")
    )
    return 1 if missed or (absent and os.environ.get("CI")) else 0


def show(figure: Figure) -> None:
    """The figure as a line, its notes below it."""
    print(f"  {figure.name:<58} {figure.ours:>28}   {figure.recorded:<28} {MARK[figure.holds]}")
    for note in figure.notes[:NOTES]:
        print(f"      {note[:220]}")
    if len(figure.notes) > NOTES:
        print(f"      and {len(figure.notes) - NOTES} more")


def data() -> Path | None:
    """The folder that DATA names, else shared/bench-data beside the checkout or above; None when there is none."""
    if named := os.environ.get("DATA", "").strip():
        return Path(named)
    above = Path(__file__).resolve().parents
    return next((found for each in above if (found := each / "shared" / "bench-data").is_dir()), None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
