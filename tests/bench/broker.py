"""The broker that a benchmark reads from: Apache Kafka where Java is, else the embedded one."""

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.broker import embedded_broker
from tests.connectors import apache_kafka


@contextmanager
def broker() -> Iterator[tuple[str, str]]:
    """What it is, and its address."""
    if apache_kafka.missing():
        with embedded_broker() as address:
            yield "Tansu, embedded", address
    else:
        with apache_kafka.cluster(brokers=1) as cluster:
            yield f"Apache Kafka {apache_kafka.VERSION}, one broker", cluster.bootstrap_servers[0]
