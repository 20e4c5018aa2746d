"""What a page shows when it cannot be drawn: a sentence and what to do, never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
import structlog

from connectors.errors import RetryLater, UserError
from dashboards.parts.markup import note

log = structlog.get_logger()


@contextmanager
def shown() -> Iterator[None]:
    """Turns an error into a message on the page; the traceback of a bug goes to the log."""
    try:
        yield
    except UserError as error:
        st.html(note("error", str(error)))
    except RetryLater as error:
        log.warning("store_does_not_answer", error=str(error))
        st.html(
            note("error", f"The store does not answer: {error}", "See that the service runs, then reload this page.")
        )
    except Exception:
        log.exception("page_failed")
        st.html(note("error", "This page failed.", "The traceback is in the dashboard's log; please report it."))
