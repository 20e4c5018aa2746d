"""Write to Kafka: publish records and create topics, for the capture and the demo."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError, NoError, TopicAlreadyExistsError, for_code

from connectors.errors import RetryLater, UserError
from connectors.kafka_client import BOOTSTRAP_MS, REQUEST_MS, reaching

log = structlog.get_logger()


class KafkaPublisher:
    """Publishes records, batched, acknowledged by all replicas. Safe for threads.

    Raises UserError when no broker answers within 5 s; `client` holds settings of kafka-python's producer (TLS, SASL).
    """

    def __init__(self, bootstrap_servers: Sequence[str], client: Mapping[str, Any] | None = None) -> None:
        configured = {
            "bootstrap_timeout_ms": BOOTSTRAP_MS,
            "linger_ms": 5,
            "max_block_ms": 2_000,
            "request_timeout_ms": REQUEST_MS,
            "delivery_timeout_ms": 2 * REQUEST_MS,
            "metrics_enabled": False,
            **(client or {}),
            "bootstrap_servers": list(bootstrap_servers),
        }
        with reaching("publisher", bootstrap_servers) as kafka_client:
            self._producer = KafkaProducer(**configured, kafka_client=kafka_client)

    def publish(
        self,
        topic: str,
        key: bytes | None,
        value: bytes,
        delivered: Callable[[Exception | None], None] | None = None,
    ) -> None:
        """Hand over one record; waits at most 2 s, and only for a topic never used before or a broker that is away.

        `delivered` is told once, on any thread: None when the record is stored, else the error. Without it an error is
        logged.
        """
        tell = delivered or (lambda error: error and log.warning("not_published", topic=topic, reason=repr(error)))
        try:
            future = self._producer.send(topic, value=value, key=key)
        except KafkaError as error:
            tell(error)
            return
        future.add_callback(lambda _: tell(None))
        future.add_errback(tell)

    def flush(self, timeout_s: float) -> None:
        """Return when every record handed over is delivered or has failed; raises RetryLater when time is up."""
        try:
            self._producer.flush(timeout_s)
        except KafkaTimeoutError as error:
            raise RetryLater(f"not every record is published after {timeout_s:g} s") from error

    def close(self, timeout_s: float = 2.0) -> None:
        """Flush for as long as given, then let go."""
        with suppress(KafkaTimeoutError):
            self._producer.close(timeout_s)


def ensure_topics(
    bootstrap_servers: Sequence[str], partitions: Mapping[str, int], client: Mapping[str, Any] | None = None
) -> None:
    """Create the topics that do not exist, with so many partitions; those that exist are left as they are.

    Raises UserError when no broker answers or it refuses.
    """
    configured = {"bootstrap_timeout_ms": BOOTSTRAP_MS, **(client or {}), "bootstrap_servers": list(bootstrap_servers)}
    with reaching("topics", bootstrap_servers) as kafka_client:
        admin = KafkaAdminClient(**configured, kafka_client=kafka_client)
    try:
        wanted = {topic: {"num_partitions": number} for topic, number in partitions.items()}
        for topic in admin.create_topics(wanted, raise_errors=False)["topics"]:
            error = for_code(topic["error_code"])
            if error not in (NoError, TopicAlreadyExistsError):
                raise UserError(f"Kafka does not create the topic {topic['name']!r}: {error.__name__}.")
        admin.wait_for_topics(list(partitions))
    finally:
        admin.close()
