"""`make bench-capture`: what the capture adds to a production call; broker healthy, unreachable, queue full.

The client is a stub in this process that waits as the network does, 10 to 30 ms, and returns a chat completion of the
real library. (With one wait for all, eight threads would call in step, and each would wait for the seven others.)
Blocks of calls with and without the capture take turns, and both draw the same waits. Three figures, each the 99th
percentile of a block, and of these the median over the blocks, since other programs disturb some of them: the time
spent in the wrapper itself by the clock and by the processor, and how much later a call returns after its wait than
without the capture (which includes waiting for the interpreter while another thread works). Fails when one is above 1
ms.
Usage: python -m tests.bench.capture [CALLS]
"""

import random
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from openai.types.chat import ChatCompletion

from connectors.broker import embedded_broker
from connectors.capture import captured
from connectors.publisher import ensure_topics
from tests.bench.store import percentile

BAR_MS = 1.0
BLOCK = 200
NETWORK_S = (0.01, 0.03)
THREADS = 8
ASK: dict[str, Any] = {
    "model": "large",
    "temperature": 0,
    "messages": [
        {"role": "system", "content": "Say which queue a ticket belongs to. " * 6},
        {"role": "user", "content": "My card was charged twice for the order of last Tuesday. " * 6},
    ],
}
ANSWER = ChatCompletion.model_validate(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "large-2026",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "billing " * 15}}
        ],
        "usage": {"prompt_tokens": 150, "completion_tokens": 30, "total_tokens": 180},
    }
)


class _Stub:
    """A client whose call takes `inside.wait_s`; notes what it took inside, by the clock and the processor."""

    def __init__(self) -> None:
        self.chat, self.completions, self.inside = self, self, threading.local()

    def create(self, **_: Any) -> ChatCompletion:
        begun, worked = time.perf_counter(), time.thread_time()
        time.sleep(self.inside.wait_s)
        self.inside.s, self.inside.cpu_s = time.perf_counter() - begun, time.thread_time() - worked
        return ANSWER


class Block:
    """Times in ms of BLOCK calls from THREADS threads: how `late` after its wait each returned, and what was spent
    `outside` the stub."""

    def __init__(self, client: Any, stub: _Stub, number: int) -> None:
        self.late: list[float] = []
        self.outside: list[float] = []
        self.outside_cpu: list[float] = []
        chances = [random.Random(f"{number} {thread}") for thread in range(THREADS)]
        threads = [threading.Thread(target=self._work, args=(client, stub, chance)) for chance in chances]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, client: Any, stub: _Stub, chance: random.Random) -> None:
        for _ in range(BLOCK // THREADS):
            stub.inside.wait_s = chance.uniform(*NETWORK_S)
            begun, worked = time.perf_counter(), time.thread_time()
            client.chat.completions.create(**ASK)
            took, cpu = time.perf_counter() - begun, time.thread_time() - worked
            self.late.append(1000 * (took - stub.inside.wait_s))
            self.outside.append(1000 * (took - stub.inside.s))
            self.outside_cpu.append(1000 * (cpu - stub.inside.cpu_s))


def case(name: str, calls: int, address: str, topic: str, capacity: int) -> float:
    """Prints a line of the table; the worst of the three figures, in ms."""
    stub = _Stub()
    client = captured(stub, workflow="triage", topic=topic, bootstrap_servers=[address], capacity=capacity)
    Block(client, stub, 0)  # connects, or fails to
    turns = [(Block(stub, stub, number), Block(client, stub, number)) for number in range(-(-calls // BLOCK))]
    client.capture.flush(20.0)

    def middle(share: float, times: Callable[[Block], list[float]]) -> tuple[float, float]:
        """Without and with the capture: the median over the blocks of a percentile."""
        without = [percentile(times(block), share) for block, _ in turns]
        with_it = [percentile(times(block), share) for _, block in turns]
        return statistics.median(without), statistics.median(with_it)

    later = statistics.median(percentile(b.late, 0.99) - percentile(a.late, 0.99) for a, b in turns)
    own, own_cpu = middle(0.99, lambda block: block.outside)[1], middle(0.99, lambda block: block.outside_cpu)[1]
    late_p50, late_p99 = middle(0.5, lambda block: block.late), middle(0.99, lambda block: block.late)
    published, dropped = client.capture.published, dict(client.capture.dropped)
    sys.stdout.write(
        f"| {name} | {middle(0.5, lambda block: block.outside)[1]:.3f} | {own:.3f} | {own_cpu:.3f} "
        f"| {late_p50[0]:.2f} | {late_p50[1]:.2f} | {late_p99[0]:.2f} | {late_p99[1]:.2f} | {later:+.2f} "
        f"| {published:,} + {dropped} |\n"
    )
    made = BLOCK * (len(turns) + 1)
    if published + sum(dropped.values()) != made:
        raise AssertionError(f"{name}: {made} calls, {published} published and {dropped} dropped")
    return max(own, own_cpu, later)


def main(calls: int) -> int:
    """Exit code 1 when the bar is missed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    sys.stdout.write(
        f"{calls} calls of 10 to 30 ms from {THREADS} threads, in blocks of {BLOCK} with and without; ms\n"
        "| broker | wrapper p50 | wrapper p99 | its processor p99 | late p50 without | with | late p99 without | with "
        "| later at p99 | published + dropped |\n|---|---|---|---|---|---|---|---|---|---|\n"
    )
    topic = f"bench-{uuid.uuid4().hex[:8]}"
    cases: list[Callable[[], float]] = [
        lambda: case("unreachable", calls, "127.0.0.1:9", topic, 1000),
        lambda: case("unreachable, queue full", calls, "127.0.0.1:9", topic, 1),
    ]
    with embedded_broker() as address:
        ensure_topics([address], {topic: 1})
        worst = max([case("healthy", calls, address, topic, 1000), *(each() for each in cases)])
    verdict = "holds" if worst < BAR_MS else "MISSED"
    sys.stdout.write(f"bench-capture: adds {worst:.2f} ms at the 99th percentile, bar {BAR_MS:g} ms: {verdict}\n")
    return 0 if worst < BAR_MS else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 4000))
