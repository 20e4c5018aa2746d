"""Logs: one line an event, to standard error or a file."""

import logging
import os
import sys
from typing import TextIO

import structlog
from structlog.typing import Processor

FORMAT_VARIABLE = "SHADOWJUDGE_LOGS"


def configure(to: TextIO | None = None) -> None:
    """Send the logs of this process to `to`, or standard error.

    For people on a terminal, else as key=value; SHADOWJUDGE_LOGS=json writes JSON instead.
    """
    stream = to or sys.stderr
    steps: list[Processor] = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    if os.environ.get(FORMAT_VARIABLE) == "json":
        steps += [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    elif stream.isatty():
        steps.append(structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback))
    else:
        first = ["timestamp", "level", "event"]
        steps += [structlog.processors.format_exc_info, structlog.processors.LogfmtRenderer(key_order=first)]
    structlog.configure(processors=steps, logger_factory=structlog.PrintLoggerFactory(stream))
    line = "timestamp=%(asctime)s level=%(levelname)s logger=%(name)s event=%(message)r"
    logging.basicConfig(stream=stream, level=logging.WARNING, format=line, force=True)
