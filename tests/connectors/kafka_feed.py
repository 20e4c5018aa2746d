"""A topic of its own on a broker, for one test."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.publisher import KafkaPublisher, ensure_topics
from connectors.sources.kafka import KafkaSource, Settings, connect
from connectors.types import Partition

QUICK = {"heartbeat_interval_ms": 300, "metadata_max_age_ms": 1_000}


@dataclass
class KafkaFeed:
    """`settings` are those of the source; the group is named after the topic."""

    address: str
    settings: dict[str, Any] = field(default_factory=dict)
    topic: str = field(default_factory=lambda: f"calls-{uuid.uuid4().hex[:8]}")

    @property
    def place(self) -> Partition:
        return Partition(self.topic, 0)

    def create(self, partitions: int = 1) -> "KafkaFeed":
        ensure_topics([self.address], {self.topic: partitions})
        return self

    def write(self, values: Sequence[bytes]) -> None:
        """Publish the values, each with itself as key."""
        publisher = KafkaPublisher([self.address])
        for value in values:
            publisher.publish(self.topic, value, value)
        publisher.flush(10.0)
        publisher.close()

    def connect(self) -> KafkaSource:
        common = {"group_id": self.topic, "session_timeout_ms": 2_000, "client": QUICK}
        return connect(
            "source", Settings(bootstrap_servers=[self.address], topics=[self.topic], **(common | self.settings))
        )
