"""Serves the gate until it is stopped, inside an event loop that has other work too."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import structlog
import uvicorn

from connectors.errors import UserError
from dashboards.gate.app import make_app
from dashboards.gate.readings import Readings, configured
from shadow.config import Config
from shadow.store import Store

GOODBYE_S = 3
log = structlog.get_logger()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the service has its own, and stops its parts in their order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def gate(config: Config, store: Store) -> Callable[[asyncio.Event], Awaitable[None]]:
    """A part that serves the gate until it is stopped.

    It raises UserError when the port is taken, when it would be open to other machines without a token, and for a
    candidate that cannot be connected.
    """

    async def run(stop: asyncio.Event) -> None:
        settings = config.gate
        if settings.token is None and not _is_loopback(settings.host):
            raise UserError(f"gate.host {settings.host} is open to other machines; set gate.token to an env:NAME.")
        with _listener(settings.host, settings.port) as listener:
            app = make_app(Readings(store, config, await configured(config)), settings.token)
            server = _Server(uvicorn.Config(
                app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=GOODBYE_S
            ))  # fmt: skip
            serving = asyncio.create_task(server.serve([listener]))
            halt = asyncio.create_task(stop.wait())
            log.info("gate_ready", url=f"http://{settings.host}:{listener.getsockname()[1]}")
            await asyncio.wait((serving, halt), return_when=asyncio.FIRST_COMPLETED)
            server.should_exit = True
            halt.cancel()
            await serving

    return run


@contextmanager
def _listener(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise UserError(f"gate: cannot listen at {host}:{port}: {error.strerror}; set another gate.port.") from error
    with listener:
        yield listener


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
