"""What a page shows when it cannot be drawn: a sentence and what to do, never a traceback."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import streamlit as st
import structlog

from connectors.errors import RetryLater, UserError
from dashboards.parts.markup import note

log = structlog.get_logger()


def shown() -> AbstractContextManager[None]:
    """Turns an error into a message on the page; the traceback of a bug goes to the log."""
    return told(st.html)


@contextmanager
def told(tell: Callable[[str], object]) -> Iterator[None]:
    """The same with the message, as HTML, given to `tell`: what a callback draws would stay at the top of the page."""
    try:
        yield
    except UserError as error:
        tell(note("error", str(error)))
    except RetryLater as error:
        log.warning("store_does_not_answer", error=str(error))
        tell(note("error", f"The store does not answer: {error}", "See that the service runs, then reload this page."))
    except Exception:
        log.exception("page_failed")
        tell(note("error", "This page failed.", "The traceback is in the dashboard's log; please report it."))
