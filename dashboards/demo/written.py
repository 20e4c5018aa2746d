"""The demo's configuration as a file, so that a second terminal can ask the same store."""

import json
import os
import socket
from importlib.resources import files
from pathlib import Path
from string import Template

from dashboards.demo.selftest import MODEL

JUDGE_URL, JUDGE_MODEL, JUDGE_KEY = (f"SHADOWJUDGE_JUDGE_{part}" for part in ("BASE_URL", "MODEL", "API_KEY"))
TOPIC = "interactions"
FIRST_PORT = 8501


def write(folder: Path, source: str, port: int) -> Path:
    """The path of the configuration, written into `folder`; `source` is the text of its [source] table."""
    template = Template(files("dashboards.demo").joinpath("demo.toml").read_text(encoding="utf-8"))
    text = template.substitute(
        store=json.dumps(f"duckdb:{folder / 'pairs.duckdb'}"),
        source=source,
        port=port,
        gate_port=free_port(port + 1),
        judge=_judge(),
        paced_4=_pace(4),
        paced_1=_pace(1),
    )
    path = folder / "shadowjudge.toml"
    path.write_text(text, encoding="utf-8")
    return path


def kafka(address: str) -> str:
    """The [source] table for a broker."""
    return (
        f'[source]\nkind = "kafka"\nbootstrap_servers = ["{address}"]\ntopics = ["{TOPIC}"]\nsession_timeout_ms = 6000'
    )


def file(path: Path) -> str:
    """The [source] table for a file of interactions."""
    return f'[source]\nkind = "file"\npath = {json.dumps(str(path))}'


def has_own_judge() -> bool:
    """True when the environment names an endpoint to judge with."""
    return JUDGE_URL in os.environ and JUDGE_MODEL in os.environ


def free_port(first: int = FIRST_PORT) -> int:
    """The first free port of the loopback, from `first` on."""
    for port in range(first, first + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port from {first} to {first + 99}")


def _judge() -> str:
    """The [models.judge] table: the endpoint of the environment, else the candidate's own model."""
    if not has_own_judge():
        return f'[models.judge]\nkind = "llama"\npath = "{MODEL}"\nn_ctx = 2048\nn_threads = 1'
    url, name = json.dumps(os.environ[JUDGE_URL]), json.dumps(os.environ[JUDGE_MODEL])
    table = f'[models.judge]\nkind = "openai"\nbase_url = {url}\nmodel = {name}'
    return f'{table}\napi_key = "env:{JUDGE_KEY}"' if JUDGE_KEY in os.environ else table


def _pace(pairs_per_minute: int) -> str:
    """The pace of a workflow's judge: the local one shares the machine with the candidate, so it goes slowly."""
    return (
        ""
        if has_own_judge()
        else f"accept_arm_as_judge = true\nself_test = false\nmax_pairs_per_minute = {pairs_per_minute}\n"
    )
