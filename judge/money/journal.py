"""Rows that are stored together: many callers enter one row each and wait until it is in the store."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import structlog

from connectors.errors import RetryLater

AGAIN_S = 1.0
log = structlog.get_logger()
R = TypeVar("R")


class Journal(Generic[R]):
    """Group commit. While one write is under way, what is entered waits and goes with the next. One event loop.

    While the store does not answer, everybody waits.
    """

    def __init__(self, write: Callable[[Sequence[R]], None]) -> None:
        """`write` stores rows, all or none; it runs in a thread, one call at a time."""
        self._write = write
        self._rows: list[R] = []
        self._stored: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None

    async def enter(self, *rows: R) -> None:
        """Return when the rows are stored; raises what the write raised, and then they are not."""
        if self._stored is None:
            self._stored = asyncio.get_running_loop().create_future()
        self._rows += rows
        stored = self._stored
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
        await asyncio.shield(stored)

    async def close(self, within_s: float) -> None:
        """Return when all is written, or after so many seconds."""
        if self._writer is not None:
            await asyncio.wait((self._writer,), timeout=within_s)
            self._writer.cancel()

    async def _write_all(self) -> None:
        while self._stored is not None:
            rows, stored = self._rows, self._stored
            self._rows, self._stored = [], None
            try:
                await self._patiently(rows)
            except Exception as error:
                stored.set_exception(error)
                stored.exception()  # a caller that was cancelled meanwhile hears of it nowhere else
            else:
                stored.set_result(None)
        self._writer = None

    async def _patiently(self, rows: Sequence[R]) -> None:
        while True:
            try:
                return await asyncio.to_thread(self._write, rows)
            except RetryLater as fault:
                log.warning("store_unavailable", reason=str(fault))
                await asyncio.sleep(fault.after_s or AGAIN_S)
