"""What a page shows when it cannot be drawn: a sentence and what to do, never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
import structlog

from connectors.errors import RetryLater, UserError
from dashboards.parts.markup import note


@contextmanager
def shown() -> Iterator[None]:
    """Turns the two errors that are not bugs into a message on the page; bugs keep their traceback in the log."""
    try:
        yield
    except UserError as error:
        st.html(note("error", str(error)))
    except RetryLater as error:
        structlog.get_logger().warning("store_does_not_answer", error=str(error))
        st.html(
            note("error", f"The store does not answer: {error}", "See that the service runs, then reload this page.")
        )
