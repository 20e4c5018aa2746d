"""The part of the service that deletes what has been kept long enough."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog

from connectors.errors import UserError
from shadow.config import Config
from shadow.erasure import Erasure, retain
from shadow.store import Store

log = structlog.get_logger()
EVERY_S = 3600.0


def has_retention(config: Config) -> bool:
    """True when something is to be deleted one day."""
    return bool(config.store.retention_days or any(each.retention_days for each in config.workflows.values()))


def retain_now(config: Config, store: Store, by: str) -> dict[str, Erasure]:
    """Delete what is older than the configuration keeps; what went, by workflow."""
    days = {name: workflow.retention_days for name, workflow in config.workflows.items()}
    return retain(store, config.store.retention_days, days, by, datetime.now(UTC), also={"readings": "read_at"})


def retention(config: Config, store: Store) -> Callable[[asyncio.Event], Awaitable[None]]:
    """A part that deletes every hour until it is stopped; where another process owns the store, that one does."""

    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                gone = await asyncio.to_thread(retain_now, config, store, "service")
                for workflow, erasure in gone.items():
                    log.info("retained", workflow=workflow, removed_pairs=erasure.pairs, removed_rows=erasure.rows)
            except UserError as error:
                log.warning("not_retained", reason=str(error))
            try:
                await asyncio.wait_for(stop.wait(), EVERY_S)
            except TimeoutError:
                continue

    return run
