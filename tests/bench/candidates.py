"""`make bench-candidates`: the mirror's throughput with a candidate of fixed latency, against what its server allows.

Beside it, in the same run and alternately: bare sockets (what this machine lets through), a bare httpx loop and a bare
loop of the openai client, each with as many requests in flight. SHORT=1 takes fewer. Exits with 1 below the bar.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import httpx2
import openai

from connectors.models import openai as candidate
from connectors.sources import file
from shadow import collector
from shadow.config import Config
from shadow.funnel import funnel
from shadow.mirror import Mirror
from shadow.store import open_store
from tests.bench.latency_server import latency_server
from tests.e2e.traffic import interaction, values, write_jsonl

LATENCY_S, IN_FLIGHT, BAR = 0.05, 64, 0.95
ALLOWED = IN_FLIGHT / LATENCY_S
RECORDS, ROUNDS = (3_000, 1) if os.environ.get("SHORT") else (10_000, 3)
MESSAGES = interaction(1).request.messages


async def in_flight(call: Callable[[], Awaitable[object]]) -> float:
    """Calls a second, so many at once."""
    left = iter(range(RECORDS))

    async def worker() -> None:
        for _ in left:
            await call()

    began = time.monotonic()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return RECORDS / (time.monotonic() - began)


async def sockets(port: int) -> float:
    body = json.dumps({"model": "m", "messages": MESSAGES}).encode()
    request = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(IN_FLIGHT)]
    streams = list(idle)

    async def call() -> None:
        reader, writer = idle.pop()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]))
        idle.append((reader, writer))

    rate = await in_flight(call)
    for _, writer in streams:
        writer.close()
    return rate


async def bare_httpx(port: int) -> float:
    async with httpx2.AsyncClient() as client:
        url, body = f"http://127.0.0.1:{port}/v1/chat/completions", {"model": "m", "messages": MESSAGES}
        return await in_flight(lambda: client.post(url, json=body))


async def bare_openai(port: int) -> float:
    async with openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="any", max_retries=0) as client:
        return await in_flight(lambda: client.chat.completions.create(model="m", messages=MESSAGES))  # type: ignore[arg-type]


async def connector(port: int) -> float:
    model = candidate.connect("small", candidate.Settings(base_url=f"http://127.0.0.1:{port}/v1", model="m"))
    request = interaction(1).request
    rate = await in_flight(lambda: model.complete(request))
    await model.close()
    return rate


async def mirrored(port: int) -> float:
    """Pairs a second, from an unread file to the stored row."""
    with tempfile.TemporaryDirectory() as folder:
        traffic = write_jsonl(Path(folder) / "calls.jsonl", values(RECORDS))
        config = Config.model_validate(
            {
                "source": {"kind": "file", "path": str(traffic)},
                "models": {"small": {"kind": "openai"}},
                "workflows": {"triage": {"candidates": ["small"]}},
                "mirror": {"in_flight": IN_FLIGHT},
            }
        )
        with closing(open_store(f"duckdb:{folder}/store.duckdb")) as store:
            store.migrate("shadow")
            model = candidate.connect("small", candidate.Settings(base_url=f"http://127.0.0.1:{port}/v1", model="m"))
            source = file.connect("source", file.Settings(**config.source.settings))
            began = time.monotonic()
            await Mirror(config, source, {"small": model}, store).run(asyncio.Event())
            rate = RECORDS / (time.monotonic() - began)
            await model.close()
            result = funnel(store)
            assert (result.paired, result.adds_up) == (RECORDS, True), result.sentence
            assert store.read("SELECT count(*) AS n FROM pairs WHERE candidate_error IS NOT NULL").item() == 0
    return rate


WAYS = {
    "bare sockets": sockets,
    "bare httpx loop": bare_httpx,
    "bare openai loop": bare_openai,
    "our openai connector": connector,
    "the mirror, end to end": mirrored,
}


def main() -> int:
    collector.calm()
    with latency_server(LATENCY_S) as port:
        rates: dict[str, list[float]] = {name: [] for name in WAYS}
        for _ in range(ROUNDS):
            for name, measure in WAYS.items():
                rates[name].append(asyncio.run(measure(port)))
    show(f"{'':24} calls/s   of the {ALLOWED:,.0f}/s that {IN_FLIGHT} in flight at {LATENCY_S * 1000:.0f} ms allow")
    for name, measured in rates.items():
        middle = statistics.median(measured)
        each = ", ".join(f"{rate:,.0f}" for rate in measured)
        show(f"{name:24} {middle:7,.0f}   {middle / ALLOWED:.2f}   ({each})")
    share = statistics.median(rates["the mirror, end to end"]) / ALLOWED
    show(f"candidates: {share:.2f} of the throughput that the server allows (bar {BAR})")
    return 0 if share >= BAR else 1


def show(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
