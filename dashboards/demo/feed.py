"""Publish synthetic traffic a little faster than it is mirrored, and never far ahead."""

import asyncio
import math

from connectors.interaction import encode
from connectors.publisher import KafkaPublisher
from dashboards.demo.traffic import interactions
from dashboards.demo.written import TOPIC
from shadow.funnel import funnel
from shadow.store import Store

SEED = 20_260
AHEAD = 40
LOOK_S = 0.5
DRAIN_S = 60.0


async def feed(address: str, store: Store, minutes: float | None, stop: asyncio.Event) -> None:
    """Publish for so many minutes, at most AHEAD records before the mirror; wait until all are mirrored; set `stop`.

    Ends early when somebody else sets `stop`, or when the last records are not mirrored within DRAIN_S seconds.
    """
    clock, published = asyncio.get_running_loop().time, 0
    end = clock() + 60 * (minutes or math.inf)
    traffic = interactions(SEED)
    publisher = await asyncio.to_thread(KafkaPublisher, [address])
    try:
        while not stop.is_set() and clock() < end:
            for interaction in (next(traffic) for _ in range(AHEAD - published + await _seen(store))):
                publisher.publish(TOPIC, interaction.request_id.encode(), encode(interaction))
                published += 1
            await asyncio.to_thread(publisher.flush, 10.0)
            await asyncio.sleep(LOOK_S)
        while not stop.is_set() and clock() < end + DRAIN_S and await _seen(store) < published:
            await asyncio.sleep(LOOK_S)
    finally:
        stop.set()
        await asyncio.to_thread(publisher.close)


async def _seen(store: Store) -> int:
    """How many records have a fate, whatever it is."""
    counts = await asyncio.to_thread(funnel, store)
    return counts.seen - counts.missing
