"""Records out of what kafka-python has fetched, with a quarter of the work of its own reader.

For each record kafka-python makes two objects of 13 and 7 fields and asks for each field in a call of its own: five
microseconds, most of what a consumer costs. A source wants the offset and the value. So the reading of one fetched
batch is replaced, and nothing else: fetching, positions, checksums, decompression and errors are kafka-python's. Where
its insides (they are private) are not as they were, or only committed transactions are to be read, its reader stays.
"""

from collections.abc import Iterator
from typing import Any

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.protocol.consumer import IsolationLevel
from kafka.record.default_records import DefaultRecordBatch
from kafka.record.util import decode_varint

from connectors.types import Origin, Record

log = structlog.get_logger()
_PRIVATE = {"_buffer", "_pos", "_num_records"}


def read_lean(consumer: KafkaConsumer) -> bool:
    """Make this consumer's poll give Record in the place of kafka-python's ConsumerRecord; False if it cannot."""
    fetcher: Any = getattr(consumer, "_fetcher", None)
    known = isinstance(fetcher, Fetcher) and hasattr(fetcher, "PartitionRecords")
    if not known or not set(DefaultRecordBatch.__slots__) >= _PRIVATE:
        log.info("kafka_reader_kept", reason="this version of kafka-python has other insides")
        return False
    fetcher.PartitionRecords = LeanRecords
    return True


class LeanRecords(Fetcher.PartitionRecords):  # type: ignore[misc]
    """The records of one fetched piece of a partition; `take` gives them as Record."""

    def _maybe_skip_record(self, record: Any) -> bool:
        offset = record.origin.offset if isinstance(record, Record) else record.offset
        return bool(offset < self.fetch_offset)

    def _unpack_records(self, tp: TopicPartition, records: Any, *deserializers: Any) -> Iterator[Any]:
        if self.isolation_level != IsolationLevel.READ_UNCOMMITTED:
            yield from super()._unpack_records(tp, records, *deserializers)
            return
        last = None
        while (batch := records.next_batch()) is not None:
            last = batch
            if self.check_crcs and not batch.validate_crc():
                raise CorruptRecordError(f"the batch at offset {batch.base_offset} of {tp} fails its checksum")
            if batch.magic < 2:
                yield from self._older(tp, batch)
            elif not batch.is_control_batch:
                self.leader_epoch = batch.leader_epoch
                yield from self._lean(tp, batch)
        if last is not None and last.magic == 2:
            self.next_fetch_offset = last.next_offset  # behind what compaction took from the end, too
        self.drain()

    def _lean(self, tp: TopicPartition, batch: DefaultRecordBatch) -> Iterator[Record]:
        """The records of a batch in today's format; https://kafka.apache.org/documentation/#record"""
        iter(batch)  # decompresses
        buffer, at, base = memoryview(batch._buffer), batch._pos, batch.base_offset
        topic, partition = tp
        self.bytes_read += len(buffer) - at
        self.records_read += batch.records_count
        try:
            for _ in range(batch.records_count):
                length, at = decode_varint(buffer, at)
                end = at + length
                at += 1  # attributes, none in use
                while buffer[at] & 0x80:  # the time
                    at += 1
                delta, at = decode_varint(buffer, at + 1)
                key, at = decode_varint(buffer, at)
                size, at = decode_varint(buffer, at + key if key > 0 else at)
                if not at <= at + max(size, 0) <= end <= len(buffer):
                    raise ValueError("a length that leaves the record")
                value = bytes(buffer[at : at + size]) if size >= 0 else None
                at = end
                offset = base + delta
                self.next_fetch_offset = offset + 1
                yield Record(Origin(topic, partition, offset), value)
        except (ValueError, IndexError) as error:
            raise CorruptRecordError(f"the batch at offset {base} of {tp} cannot be read: {error!r}") from error
        if at != len(buffer):
            raise CorruptRecordError(f"the batch at offset {base} of {tp} is longer than its records")

    def _older(self, tp: TopicPartition, batch: Any) -> Iterator[Record]:
        """The records of a batch in the formats before Kafka 0.11."""
        for record in batch:
            if self.check_crcs and not record.validate_crc():
                raise CorruptRecordError(f"the record at offset {record.offset} of {tp} fails its checksum")
            self.bytes_read += record.size_in_bytes
            self.records_read += 1
            self.next_fetch_offset = record.offset + 1
            yield Record(Origin(tp.topic, tp.partition, record.offset), record.value)
