"""Batches behind OpenAI's files and batches API: chat calls as one file, answered within a day, at a lower price."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Literal

import msgspec
import openai
import structlog

from connectors import chat
from connectors.errors import RetryLater
from connectors.types import BatchEnd, Completion, Request

ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
KEY = "shadowjudge"
"""Under this name a batch carries its own key among its metadata, so that it is found again without its id."""
LOOKED_THROUGH = 500
"""So many newest batches are looked through for a key."""
_NOT_OVER = frozenset({"validating", "in_progress", "finalizing", "cancelling"})
_Fault = Callable[[Exception], RetryLater]
log = structlog.get_logger()


class _Response(msgspec.Struct, frozen=True):
    status_code: int = 0
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Line(msgspec.Struct, frozen=True):
    custom_id: str
    response: _Response | None = None
    error: Any = None


class Batches:
    """The batches of one model on one server. `body` makes the body of a call; `client` is made when first needed.

    Faults are raised as `fault` says: RetryLater with what may have been charged.
    """

    def __init__(
        self,
        client: Callable[[], openai.AsyncOpenAI],
        body: Callable[[Request], dict[str, Any]],
        fault: _Fault,
        lines: int,
        collect_s: float,
        poll_s: float,
    ) -> None:
        self._client, self._body, self._fault = client, body, fault
        self.lines, self.collect_s, self.poll_s = lines, collect_s, poll_s

    async def send(self, key: str, requests: Mapping[str, Request]) -> str:
        """Send calls, each under an id of its own; returns the id of the batch, which carries `key`."""
        lines = [
            {"custom_id": call_id, "method": "POST", "url": ENDPOINT, "body": self._body(request)}
            for call_id, request in requests.items()
        ]
        content = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        try:
            client = self._client()
            file = await client.files.create(file=(f"{key}.jsonl", content), purpose="batch")
        except openai.OpenAIError as error:
            fault = self._fault(error)
            fault.may_cost = False  # a file by itself is not worked on
            raise fault from None
        try:
            batch = await client.batches.create(
                input_file_id=file.id, endpoint=ENDPOINT, completion_window="24h", metadata={KEY: key}
            )
        except openai.OpenAIError as error:
            fault = self._fault(error)
            # A gateway's 5xx hides a batch that was made all the same; a refusal does not.
            fault.may_cost |= isinstance(error, openai.APIStatusError) and error.status_code >= 500
            raise fault from None
        return batch.id

    async def find(self, key: str) -> str | None:
        """The id of the batch that carries `key`, None where the server has none among its newest.

        Raises LookupError where the server does not list its batches.
        """
        try:
            seen = 0
            async for batch in self._client().batches.list(limit=100):
                if (batch.metadata or {}).get(KEY) == key:
                    return batch.id
                if (seen := seen + 1) >= LOOKED_THROUGH:
                    break
        except openai.APIStatusError as error:
            if error.status_code in (404, 405, 501):
                raise LookupError(
                    "the server does not list its batches, so whether this one was made is unknown"
                ) from None
            raise self._fault(error) from None
        except openai.OpenAIError as error:
            raise self._fault(error) from None
        return None

    async def fetch(self, batch_id: str) -> BatchEnd | None:
        """What became of a batch, None while the server works on it."""
        try:
            batch = await self._client().batches.retrieve(batch_id)
            if batch.status in _NOT_OVER:
                return None
            answers = {
                call_id: answer
                for file_id in (batch.output_file_id, batch.error_file_id)
                if file_id
                async for call_id, answer in self._answers(file_id)
            }
        except openai.NotFoundError:
            return BatchEnd("gone", {}, "the server no longer has the batch or its files", may_cost=True)
        except openai.OpenAIError as error:
            raise self._fault(error) from None
        said = [each.message for each in (batch.errors.data if batch.errors else None) or [] if each.message]
        reason = "; ".join([f"the batch is {batch.status} and holds no answer to this call", *said])[:300]
        return BatchEnd(batch.status, answers, reason, may_cost=batch.status == "completed")

    async def forget(self, batch_id: str) -> None:
        """Delete the files of a batch from the server, as far as it lets itself be asked: they hold production text."""
        try:
            client = self._client()
            batch = await client.batches.retrieve(batch_id)
            for file_id in (batch.input_file_id, batch.output_file_id, batch.error_file_id):
                if file_id:
                    await client.files.delete(file_id)
        except openai.OpenAIError as error:
            log.warning("batch_files_not_deleted", batch=batch_id, reason=type(error).__name__)

    async def _answers(self, file_id: str) -> AsyncIterator[tuple[str, Completion]]:
        """Each line of a file of results that can be read."""
        content = (await self._client().files.content(file_id)).content
        for raw in content.splitlines():
            try:
                line = msgspec.json.decode(raw, type=_Line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                log.warning("batch_line_unreadable", file=file_id)
                continue
            yield line.custom_id, _answer(line)


def _answer(line: _Line) -> Completion:
    """The answer on a line, or the reason why there is none; an error by HTTP status has generated nothing."""
    if line.response is None or line.response.status_code != 200:
        status = f"HTTP {line.response.status_code}" if line.response else "no answer"
        said = line.error
        if line.response is not None:
            body = msgspec.json.decode(line.response.body)
            said = said or (body.get("error", body) if isinstance(body, dict) else body)
        message = said.get("message") if isinstance(said, dict) else said
        text = f"the server answered {status} in the batch: {str(message)[:300]}"
        return Completion(error=text, input_tokens=0, output_tokens=0)
    try:
        return chat.read_body(bytes(line.response.body))
    except ValueError as error:
        return Completion(error=str(error)[:300])
