"""The records that cross the edge of the product, and what a source and a model must be able to do.

Durations carry their unit in the name, times are UTC, token counts are those the server reported.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Protocol, runtime_checkable

import msgspec

if TYPE_CHECKING:
    import polars as pl

NOWHERE = -1
"""The position of a source that has no place of its own to continue a partition at."""


class Partition(NamedTuple):
    """One partition of a topic; a file is a topic of one partition."""

    topic: str
    partition: int


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where a record was read: unique for ever, so that a repeat is recognisable."""

    topic: str
    partition: int
    offset: int

    @property
    def place(self) -> Partition:
        return Partition(self.topic, self.partition)


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record as the source gave it, not yet decoded; `value` is None for a tombstone."""

    origin: Origin
    value: bytes | None


Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A number of tokens, as far as the store can hold it."""


class ToolCall(msgspec.Struct, frozen=True):
    """A tool call as the model wrote it: `arguments` is JSON text and may be invalid."""

    name: str
    arguments: str
    id: str | None = None


class Request(msgspec.Struct, frozen=True):
    """A chat request, complete: whoever holds it can send it again.

    `messages`, `tools`, `tool_choice` and `response_format` have the form of the OpenAI chat API; `params` holds
    the sampling parameters (temperature, max_tokens, seed, stop, ...) under the same names.
    """

    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    params: dict[str, Any] = {}


class Completion(msgspec.Struct, frozen=True):
    """A model's answer, or the reason why there is none: then `error` is a sentence and `text` is None.

    `cached_tokens` is the part of the input that the server read from its prompt cache.
    `confidence` is the geometric mean probability of the answer's tokens, 0..1, where the server gives logprobs.
    `dropped_params` names the request parameters that the server could not be given.
    """

    text: str | None = None
    tool_calls: list[ToolCall] = []
    finish_reason: str | None = None
    refusal: str | None = None
    model: str | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cached_tokens: Count | None = None
    latency_ms: float | None = None
    time_to_first_token_ms: float | None = None
    confidence: float | None = None
    error: str | None = None
    dropped_params: list[str] = []


def nothing() -> None:
    """What a source calls when nobody has to be waited for."""


class Source(Protocol):
    """An ordered, resumable stream of records. Not thread-safe: one thread uses it.

    `first_wanted(positions)` is asked on every assignment, with the offset at which the source would continue each
    partition; it answers with the first offset, there or later, that is not stored yet, and the source continues there.
    Asked with NOWHERE it answers with the offset behind the first stored ones, or NOWHERE when nothing is stored.
    `revoked(partitions)` tells that what is in flight for them belongs to somebody else from now on. Before a partition
    goes to somebody else the source waits for `settled()`, which returns when nothing is on its way to the store.
    """

    def open(
        self,
        first_wanted: Callable[[Mapping[Partition, int]], Mapping[Partition, int]],
        revoked: Callable[[Sequence[Partition]], None],
        settled: Callable[[], None] = nothing,
    ) -> None: ...

    def poll(self, timeout_s: float) -> list[Record]:
        """The next records, in order within a partition; empty when there are none yet. Polling keeps membership."""

    def pause(self) -> None:
        """Until `resume`, poll gives no records and still keeps membership."""

    def resume(self) -> None: ...

    def commit(self, positions: Mapping[Partition, int]) -> None:
        """Record, per partition, the offset behind the last record that is safely stored.

        Raises RetryLater when it cannot be recorded now; recording a later one is as good.
        """

    def begin_again(self, partitions: Collection[Partition]) -> None:
        """Have `first_wanted` asked anew for partitions, as when they were assigned, from what is committed of them.

        Raises RetryLater when they are not surely this reader's, asked of whoever hands them out, or nobody answers.
        """

    def lag(self) -> dict[Partition, int]:
        """Records not yet polled, per assigned partition; absent where the source cannot tell yet."""

    @property
    def exhausted(self) -> bool:
        """True when no record will ever come again (a file at its end); never true of a topic."""

    def close(self) -> None: ...


class Model(Protocol):
    """Something that answers chat requests; a request that fails comes back as a Completion with `error`.

    Only a fault that any request would meet is raised, as RetryLater: an endpoint that is away, busy or not configured.
    `fingerprint` names model, parameters and prompt version; it changes when the answers may change.
    """

    name: str
    fingerprint: str

    async def complete(self, request: Request) -> Completion: ...

    async def probe(self) -> str:
        """One line about the model as served; raises UserError when it cannot be reached."""

    async def close(self) -> None: ...


class BatchEnd(msgspec.Struct, frozen=True):
    """What became of a batch: its `answers` by call, and for a call without one the reason, and whether it may cost."""

    status: str
    answers: dict[str, Completion]
    reason: str
    may_cost: bool


class Batching(Protocol):
    """Calls sent as one file and answered within a day. All raise RetryLater for a passing fault.

    A batch holds at most `lines` calls, collected for `collect_s` seconds; it is looked at every `poll_s` seconds.
    """

    lines: int
    collect_s: float
    poll_s: float

    async def send(self, key: str, requests: Mapping[str, Request]) -> str:
        """Send calls, each under an id of its own; returns the server's id of the batch, which carries `key`."""

    async def find(self, key: str) -> str | None:
        """The server's id of the batch with this key, None where it has none; LookupError where it does not say."""

    async def fetch(self, batch_id: str) -> BatchEnd | None:
        """What became of a batch; None while the server works on it."""

    async def forget(self, batch_id: str) -> None:
        """Have the server delete what it was sent and what it answered, as far as it can."""


@runtime_checkable
class Batched(Protocol):
    """A model that may be asked in batches; None where it is configured not to be."""

    @property
    def batches(self) -> Batching | None: ...


@runtime_checkable
class Replay(Model, Protocol):
    """A model that waits for nobody, since its answers are recorded: it is asked for whole batches."""

    def answer_all(self, requests: "pl.Series") -> "pl.DataFrame":
        """A row for each request (JSON of Request, scrubbed): the columns of Completion that this model knows.

        `tool_calls` is JSON text. A column that is missing is null, or empty where a Completion cannot be without it.
        """
