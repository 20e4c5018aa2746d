"""Kafka: read captured interactions from topics, as a member of a consumer group.

Offsets are committed only when the caller says so. kafka-python runs rebalances inside `poll` but calls its listener on
a thread of its own; here the listener only notes what changed and holds new partitions still, and `poll` tells the
caller on the caller's thread.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Literal

import structlog
from kafka import (
    ConsumerRebalanceListener,
    KafkaConsumer,
    OffsetAndMetadata,
    TopicPartition,
)
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import (
    AuthorizationError,
    CommitFailedError,
    FencedInstanceIdError,
    GroupAuthorizationFailedError,
    InconsistentGroupProtocolError,
    InvalidSessionTimeoutError,
    KafkaError,
    RebalanceInProgressError,
    RetriableError,
    TopicAuthorizationFailedError,
)
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from connectors.errors import RetryLater, UserError
from connectors.kafka_client import BOOTSTRAP_MS, REQUEST_MS, check_client, reaching
from connectors.kafka_records import read_lean
from connectors.types import NOWHERE, Origin, Partition, Record, nothing

log = structlog.get_logger()
CLOSE_MS = 3_000
FETCH_BYTES = 8 << 20
"""What a fetch brings of one partition; with kafka-python's 1 MB a poll never has more than 1,000 records of 1 kB."""


class Settings(BaseModel):
    """The table [source] with kind = "kafka"."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bootstrap_servers: list[str] = Field(min_length=1, description="host:port of one or more brokers")
    topics: list[str] = Field(min_length=1, description="the topics that carry captured interactions")
    group_id: str = Field(default="shadowjudge", min_length=1, description="the consumer group whose offsets are kept")
    group_instance_id: str | None = Field(
        default=None, description="a fixed name of this member: a restart within the session timeout moves no partition"
    )
    start: Literal["earliest", "latest"] = Field(
        default="earliest", description="where a group begins that has neither committed nor stored anything"
    )
    session_timeout_ms: int = Field(
        default=10_000, ge=1, description="silence after which the broker drops this member"
    )
    max_poll_interval_ms: int = Field(
        default=300_000, ge=1, description="the longest pause between polls before the partitions go to another member"
    )
    max_poll_records: int = Field(default=5000, ge=1, description="the most records of one poll")
    client: dict[str, Any] = Field(
        default={}, repr=False, description="settings of kafka-python passed through: TLS, SASL, fetch sizes, timeouts"
    )

    @field_validator("client")
    @classmethod
    def _accepted(cls, client: dict[str, Any]) -> dict[str, Any]:
        try:
            check_client(client)
        except UserError as error:
            sentence = str(error).removesuffix(".")
            raise PydanticCustomError("kafka_client", "{sentence}", {"sentence": sentence}) from error
        return client


def connect(name: str, settings: Settings) -> "KafkaSource":
    """A source that reads the topics as a member of the group; it joins at the first poll after `open`.

    Raises UserError when no broker answers within 5 s (`client.bootstrap_timeout_ms`) or a setting is refused.
    """
    configured = {
        "bootstrap_timeout_ms": BOOTSTRAP_MS,
        "metadata_max_age_ms": 15_000,
        "max_partition_fetch_bytes": FETCH_BYTES,
        **settings.client,
        **settings.model_dump(exclude={"topics", "start", "client"}),
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "allow_auto_create_topics": False,
        "partition_assignment_strategy": [CooperativeStickyAssignor],
        "metrics_enabled": False,
    }
    with reaching(name, settings.bootstrap_servers) as client:
        consumer = KafkaConsumer(**configured, kafka_client=client)
    read_lean(consumer)
    return KafkaSource(name, settings, consumer)


class KafkaSource:
    """Implements connectors.types.Source. A lost broker is waited for; kafka-python reconnects."""

    def __init__(self, name: str, settings: Settings, consumer: KafkaConsumer) -> None:
        self._name, self._settings, self._consumer = name, settings, consumer
        self._changes = _Changes(consumer)
        self._first_wanted: Callable[[Mapping[Partition, int]], Mapping[Partition, int]] = lambda positions: positions
        self._tell_revoked: Callable[[Sequence[Partition]], None] = lambda _: None
        self._paused = False
        self._safe: dict[TopicPartition, int] = {}

    def open(
        self,
        first_wanted: Callable[[Mapping[Partition, int]], Mapping[Partition, int]],
        revoked: Callable[[Sequence[Partition]], None],
        settled: Callable[[], None] = nothing,
    ) -> None:
        """Subscribe. A topic that does not exist yet is waited for, and said."""
        self._first_wanted, self._tell_revoked, self._changes.settled = first_wanted, revoked, settled
        self._consumer.subscribe(self._settings.topics, listener=self._changes)
        for topic in self._settings.topics:
            if not self._consumer.partitions_for_topic(topic):
                log.warning("topic_missing", source=self._name, topic=topic, action="waiting until it is created")

    def poll(self, timeout_s: float) -> list[Record]:
        """The next records. `first_wanted` and `revoked` are called from here, in that order.

        Raises UserError when the broker refuses this member for good (rights, a second member of the same name).
        """
        try:
            if self._changes.fresh:
                self._begin(sorted(self._changes.fresh))
            batches = self._consumer.poll(timeout_ms=int(timeout_s * 1000))
        except RetriableError as error:
            log.warning("kafka_not_answering", source=self._name, reason=repr(error))
            time.sleep(timeout_s)
            batches = {}
        except KafkaError as error:
            raise self._sentence(error) from error
        if self._changes.revoked:
            gone = [_partition(place) for place in sorted(self._changes.revoked)]
            for place in self._changes.revoked:
                self._safe.pop(place, None)
            self._changes.revoked.clear()
            self._tell_revoked(gone)
        return [record if isinstance(record, Record) else _record(record) for record in chain(*batches.values())]

    def pause(self) -> None:
        self._paused = True
        self._consumer.pause(*self._consumer.assignment())

    def resume(self) -> None:
        self._paused = False
        self._consumer.resume(*(self._consumer.assignment() - self._changes.fresh))

    def commit(self, positions: Mapping[Partition, int]) -> None:
        """Commit positions, of the partitions that are still assigned; the others are their new owner's to commit.

        Raises RetryLater while the group rebalances or no broker answers: nothing is lost by committing later.
        """
        mine = {TopicPartition(*place): offset for place, offset in positions.items()}
        gone = mine.keys() - self._consumer.assignment()
        if gone:
            log.info(
                "commit_left_to_new_owner", source=self._name, partitions=[str(_partition(place)) for place in gone]
            )
        try:
            kept = {place: offset for place, offset in mine.items() if place not in gone}
            self._commit(kept)
            self._safe |= kept
        except (CommitFailedError, RebalanceInProgressError, RetriableError) as error:
            raise RetryLater(f"{self._name}: the offsets are not committed yet: {error!r}") from error
        except KafkaError as error:
            raise self._sentence(error) from error

    def begin_again(self, partitions: Collection[Partition]) -> None:
        """As connectors.types.Source says it, when the broker still knows this member.

        The question is a commit of what is committed already, or safe to be: a broker takes it only from a member of
        the group's present generation. A member that was stopped for long does not know yet that it is none any more.
        """
        if gone := self._safe.keys() - self._consumer.assignment():
            raise RetryLater(f"{self._name}: {len(gone)} partitions were taken away")
        self.commit({_partition(place): offset for place, offset in self._safe.items()})
        places = {TopicPartition(*place) for place in partitions} & self._safe.keys()
        self._consumer.pause(*places)
        for place in places:
            self._consumer.seek(place, self._safe[place])
        self._changes.fresh |= places

    def lag(self) -> dict[Partition, int]:
        """Records not yet polled, by the broker's last answer; a partition is absent until its first one."""
        known: dict[Partition, int] = {}
        for place in self._consumer.assignment() - self._changes.fresh:
            end, at = self._consumer.highwater(place), self._consumer.position(place, timeout_ms=0)
            if end is not None and at is not None:
                known[_partition(place)] = max(0, end - at)
        return known

    @property
    def exhausted(self) -> bool:
        return False

    def close(self) -> None:
        """Leave the group; nothing is committed."""
        try:
            self._consumer.close(autocommit=False, timeout_ms=CLOSE_MS)
        except KafkaError as error:
            log.warning("kafka_close_failed", source=self._name, reason=repr(error))

    def _begin(self, places: list[TopicPartition]) -> None:
        """Set new partitions to the first offset wanted and let them flow; tried again at the next poll if it fails."""
        at = {place: self._consumer.position(place, timeout_ms=REQUEST_MS) for place in places}
        if None in at.values():
            return
        if self._settings.start == "latest":
            at |= self._latest(at)
        wanted = self._first_wanted({_partition(place): offset for place, offset in at.items()})
        for place in places:
            self._consumer.seek(place, wanted[_partition(place)])
            self._safe[place] = wanted[_partition(place)]
        self._changes.fresh.difference_update(places)
        if not self._paused:
            self._consumer.resume(*places)

    def _latest(self, earliest: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Where each partition without a committed offset continues: behind what is stored of it, else at its end.

        The end is committed at once: "latest" is decided only once. Offsets expire and groups are renamed, so a
        partition without a committed offset may well have been read before.
        """
        unread = [place for place in earliest if self._consumer.committed(place, timeout_ms=REQUEST_MS) is None]
        if not unread:
            return {}
        behind = self._first_wanted({_partition(place): NOWHERE for place in unread})
        begin = {place: max(behind[_partition(place)], earliest[place]) for place in unread}
        untouched = [place for place in unread if behind[_partition(place)] == NOWHERE]
        if untouched:
            ends: dict[TopicPartition, int] = self._consumer.end_offsets(untouched, timeout_ms=REQUEST_MS)
            self._commit(ends)
            begin |= ends
        return begin

    def _commit(self, positions: Mapping[TopicPartition, int]) -> None:
        offsets = {place: OffsetAndMetadata(offset, "", -1) for place, offset in positions.items()}
        self._consumer.commit(offsets, timeout_ms=REQUEST_MS)

    def _sentence(self, error: KafkaError) -> Exception:
        """The UserError for a refusal that only a person can lift; any other error as it is."""
        group, remedy = self._settings.group_id, ""
        match error:
            case TopicAuthorizationFailedError():
                remedy = f"this user may not read {', '.join(self._settings.topics)}; grant READ and DESCRIBE on them"
            case GroupAuthorizationFailedError():
                remedy = f"this user may not use the group {group!r}; grant READ on it, or set another group_id"
            case AuthorizationError():
                remedy = "this user has not the rights; grant READ on the topics and the group"
            case FencedInstanceIdError():
                remedy = (
                    f"another member uses group_instance_id {self._settings.group_instance_id!r}; give each its own"
                )
            case InconsistentGroupProtocolError():
                remedy = f"the group {group!r} has members of another kind; stop them, or set another group_id"
            case InvalidSessionTimeoutError():
                remedy = "the broker does not allow this session_timeout_ms; set one within its limits"
        return UserError(f"{self._name}: Kafka refuses: {remedy}.") if remedy else error


class _Changes(ConsumerRebalanceListener):  # type: ignore[misc]
    """What rebalances changed since the last look. Called while the polling thread waits, so no lock is needed."""

    def __init__(self, consumer: KafkaConsumer) -> None:
        self._consumer = consumer
        self.fresh: set[TopicPartition] = set()
        self.revoked: set[TopicPartition] = set()
        self.settled: Callable[[], None] = nothing

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._consumer.pause(*assigned)
        self.fresh.update(assigned)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self.settled()  # until this returns the group waits, and nobody else gets the partitions
        self.fresh.difference_update(revoked)
        self.revoked.update(revoked)

    on_partitions_lost = on_partitions_revoked


def _partition(place: TopicPartition) -> Partition:
    return Partition(place.topic, place.partition)


def _record(record: Any) -> Record:
    return Record(Origin(record.topic, record.partition, record.offset), record.value)
