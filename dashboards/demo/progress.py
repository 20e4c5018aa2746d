"""One line on the terminal that says how far the demo is."""

import asyncio
import sys

from connectors.errors import RetryLater
from judge.board import board
from judge.outcomes import Phase
from shadow.config import Config
from shadow.funnel import funnel
from shadow.store import Store

TERMINAL_S, PIPE_S = 2.0, 15.0
_CLEAR = "\r\x1b[2K"


async def progress(store: Store, config: Config, stop: asyncio.Event) -> None:
    """Tell the pairs and the state of each workflow's limited phase until `stop`: one line that changes, or, where
    standard error is no terminal, a line now and then.
    """
    terminal = sys.stderr.isatty()
    while not stop.is_set():
        try:
            line = await asyncio.to_thread(_line, store, config)
            sys.stderr.write(f"{_CLEAR}{line}" if terminal else f"{line}\n")
            sys.stderr.flush()
            await asyncio.wait_for(stop.wait(), TERMINAL_S if terminal else PIPE_S)
        except (TimeoutError, RetryLater):
            continue
    if terminal:
        sys.stderr.write("\n")


def _line(store: Store, config: Config) -> str:
    limited = [f"{each.workflow} {each.state}" for each in board(store, config) if each.phase is Phase.LIMITED]
    return f"{funnel(store).paired} pairs; phase limited: {', '.join(limited)}".replace("_", " ")
