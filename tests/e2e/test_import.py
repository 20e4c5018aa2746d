"""Recorded pairs from a file through the command line into a store, and on to checks and readiness."""

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import structlog

from dashboards import cli
from shadow.funnel import funnel
from shadow.store import open_store

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("DATA", ROOT.parent / "shared" / "bench-data"))
MODELS = '[models.mini]\nkind = "imported"\nmodel = "mini-1"\n[models.tiny]\nkind = "imported"\nmodel = "tiny-1"\n'
CHECKS = '[[workflows.triage.checks]]\ncheck = "label_agreement"\n'


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


def config(folder: Path, candidates: str = '["mini", "tiny"]', models: str = MODELS, more: str = CHECKS) -> str:
    path = folder / "shadowjudge.toml"
    path.write_text(
        f'[store]\nurl = "duckdb:{folder}/store.duckdb"\n[source]\nkind = "none"\n{models}'
        f"[workflows.triage]\ncandidates = {candidates}\n{more}"
    )
    return str(path)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """The command line in this process: what it printed, and its exit code."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["shadowjudge", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    handlers = logging.getLogger().handlers[:]
    yield run
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers


def rows(n: int) -> list[dict[str, Any]]:
    queues = ("billing", "access", "network")
    return [
        {
            "request_id": f"r{k}",
            "workflow": "triage",
            "messages": [{"role": "user", "content": f"ticket {k} of jo@example.org"}],
            "production_output": queues[k % 3],
            "candidate_output": queues[k % 3] if k % 4 else "billing",
            "candidate_model": "mini-1" if k % 2 else "tiny-1",
            "candidate_latency_s": 0.2,
            "human_label": "tie" if k % 4 else "production",
        }
        for k in range(n)
    ]


def write(path: Path, lines: list[Any]) -> Path:
    path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in lines))
    return path


def test_rows_become_scrubbed_pairs_once_and_are_checked(run: Run, tmp_path: Path) -> None:
    settings = config(tmp_path)
    file = write(tmp_path / "pairs.jsonl", [*rows(40), "no json", {"request_id": "x"}])
    again = ("import", str(file), "--workflow", "triage", "--config", settings, "--labels-by", "Ada")
    first, second = run(*again), run(*again)
    assert first.code == 0, first.err
    assert "40 pairs imported, 0 rows known already, 0 of other workflows, 2 rejected" in first.out
    assert "rejected, 1 rows: the line is not a JSON object" in first.out
    assert "0 pairs imported, 42 rows known already" in second.out
    assert run("score", "--once", "--config", settings).code == 0
    store = open_store(f"duckdb:{tmp_path}/store.duckdb")
    pairs = store.read("SELECT request, scrubbed, candidate_latency_ms, fingerprint FROM pairs")
    assert pairs.height == 40
    assert not pairs["request"].str.contains("jo@example.org").any()
    assert set(pairs["scrubbed"]) == {'{"email":1}'}
    assert sorted({name.split("@")[0] for name in pairs["fingerprint"]}) == ["mini", "tiny"]
    assert funnel(store).sentence == "42 seen = 40 paired + 0 skipped + 0 shed + 2 rejected: adds up"
    assert store.read("SELECT count(*) AS n FROM checked").item() == 40
    outcomes = store.read("SELECT outcome, reviewer, count(*) AS n FROM reviews GROUP BY ALL ORDER BY outcome")
    assert outcomes.rows() == [("equivalent", "Ada", 30), ("worse_major", "Ada", 10)]
    store.close()
    status = json.loads(run("status", "--json", "--config", settings).out)
    assert {phase["fingerprint"].split("@")[0] for phase in status["phases"]} == {"mini", "tiny"}


def test_an_import_that_was_cut_off_is_finished_by_the_next(run: Run, tmp_path: Path) -> None:
    settings = config(tmp_path)
    file = write(tmp_path / "pairs.jsonl", rows(30))
    assert run("import", str(file), "--workflow", "triage", "--config", settings).code == 0
    store = open_store(f"duckdb:{tmp_path}/store.duckdb")
    store.change(['DELETE FROM pairs WHERE "offset" % 3 = $rest'], {"rest": 1})
    store.close()
    assert (
        "10 pairs imported, 20 rows known" in run("import", str(file), "--workflow", "triage", "--config", settings).out
    )


@pytest.mark.parametrize(
    ("candidates", "changes", "arguments", "sentence"),
    [
        ('["mini"]', {}, (), r'tiny-1, which no candidate of triage stands for.*kind = "imported"\nmodel = "tiny-1"'),
        ('["mini", "tiny"]', {"candidate_model": None}, (), 'exactly one candidate of kind "imported", and it has 2'),
        ('["mini", "tiny"]', {"workflow": "other"}, (), ""),
        ('["mini", "tiny"]', {}, ("--of", "bilbing"), "unknown workflow of the file 'bilbing'"),
    ],
)
def test_nothing_is_guessed(
    run: Run, tmp_path: Path, candidates: str, changes: dict[str, Any], arguments: tuple[str, ...], sentence: str
) -> None:
    file = write(tmp_path / "pairs.jsonl", [{**row, **changes} for row in rows(4)])
    done = run("import", str(file), "--workflow", "triage", "--config", config(tmp_path, candidates), *arguments)
    if not sentence:
        assert "4 pairs imported" in done.out
        return
    assert done.code == 2
    assert re.search(sentence, done.err, re.DOTALL), done.err
    assert not (tmp_path / "store.duckdb").exists()


def test_of_a_file_with_several_workflows_the_rows_of_one_are_taken(run: Run, tmp_path: Path) -> None:
    named = [{**row, "workflow": ("triage", "other")[k % 2]} for k, row in enumerate(rows(10))]
    file = write(tmp_path / "pairs.jsonl", named)
    done = run("import", str(file), "--workflow", "triage", "--config", config(tmp_path))
    assert "5 pairs imported, 0 rows known already, 5 of other workflows" in done.out


def test_a_mirror_with_traffic_refuses_a_candidate_that_cannot_be_asked(run: Run, tmp_path: Path) -> None:
    settings = Path(config(tmp_path))
    settings.write_text(
        settings.read_text().replace('kind = "none"', f'kind = "file"\npath = "{tmp_path}/calls.jsonl"')
    )
    (tmp_path / "calls.jsonl").write_text("")
    done = run("mirror", "--config", str(settings))
    assert done.code == 2
    assert "models.mini has imported answers only" in done.err


@pytest.mark.parametrize("name", ["banking77_intent", "bfcl"])
def test_recorded_outputs_of_others_are_imported(run: Run, tmp_path: Path, name: str) -> None:
    file = DATA / name / "dev.parquet"
    if not file.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{file} is not there")
        pytest.skip(f"{file} is not there")
    refused = run("import", str(file), "--workflow", "triage", "--config", config(tmp_path))
    assert refused.code == 2
    tables = refused.err.split("]:", 1)[1]
    names = re.findall(r"\[models\.([^\]]+)\]", tables)
    candidates = json.dumps(names)
    settings = config(tmp_path, candidates, models=tables + "\n")
    done = run("import", str(file), "--workflow", "triage", "--config", settings)
    assert done.code == 0, done.err
    total = {"banking77_intent": 1028, "bfcl": 6516}[name]
    assert f"{total:,} pairs imported" in done.out
    store = open_store(f"duckdb:{tmp_path}/store.duckdb")
    assert store.read("SELECT count(DISTINCT fingerprint) AS n FROM pairs").item() == len(names)
    assert funnel(store).adds_up
    store.close()
