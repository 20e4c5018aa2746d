"""Recorded judges through our own combination and calibration: a table a set, one line at the end; exit 1 on a miss."""

import importlib
import json
import os
import pkgutil
import sys
import time

import polars as pl

import tests.bench.judge.sets
from tests.bench.checks.__main__ import data, show
from tests.bench.checks.rows import Figure


def main(wanted: list[str]) -> int:
    """The exit code: 0 when every bar holds; absent data fails only where CI is set."""
    folder = data()
    lines: list[Figure] = []
    absent: list[str] = []
    for name in wanted or [each.name for each in pkgutil.iter_modules(tests.bench.judge.sets.__path__)]:
        if folder is None or not (folder / name / "dev.parquet").exists():
            absent.append(name)
            print(f"{name}: absent, no {name}/dev.parquet in {folder or 'shared/bench-data'}")
            continue
        started = time.perf_counter()
        module = importlib.import_module(f"tests.bench.judge.sets.{name}")
        rows = pl.read_parquet(folder / name / "dev.parquet").to_dicts()
        reference = json.loads((folder / name / "dev_figures.json").read_text(encoding="utf-8"))["figures"]
        print(f"\n{name}: {len(rows)} rows")
        for figure in module.figures(rows, reference):
            show(figure)
            lines.append(figure)
        print(f"  ({time.perf_counter() - started:.1f} s)")
    barred = [each for each in lines if each.holds is not None]
    missed = [each.name for each in barred if not each.holds]
    print(
        f"\nbench-judge: {len(barred) - len(missed)} of {len(barred)} bars hold"
        + (f"; missed: {', '.join(missed)}" if missed else "")
        + (f"; absent: {', '.join(absent)}" if absent else "")
    )
    return 1 if missed or (absent and os.environ.get("CI")) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
