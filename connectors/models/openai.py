"""Any server that speaks OpenAI's chat API: vLLM, llama.cpp, Ollama, TGI, or a hosted one."""

import asyncio
import itertools
import json
import time
import traceback
from datetime import UTC, datetime
from typing import Any

import aiohttp
import httpx2
import msgspec
import openai
import structlog
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from connectors import chat
from connectors.batches import Batches
from connectors.endpoint import Endpoint
from connectors.errors import RetryLater, UserError
from connectors.fingerprint import fingerprint
from connectors.patience import asked_wait_s, wait_s
from connectors.types import Completion, Request

log = structlog.get_logger()
NO_KEY = "none"
"""What a server that asks for no key is given."""
_OURS = frozenset({"model", "messages", "n", "stream", "stream_options", "logprobs"})


class Settings(BaseModel):
    """A [models.NAME] table of kind "openai": any server that speaks the OpenAI chat API."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str = Field(
        default="https://api.openai.com/v1", pattern="^https?://", description="the endpoint, up to and with /v1"
    )
    model: str = Field(min_length=1, description="the model's name on that server")
    api_key: SecretStr | None = Field(default=None, description='"env:NAME"; none for a server that asks for none')
    timeout_s: float = Field(default=30.0, gt=0, description="bounds a whole call, its retries included")
    max_retries: int = Field(default=2, ge=0, description="after a connection error, 408, 409, 429 or 5xx")
    params: dict[str, Any] = Field(default={}, description="request parameters that win over the request's own")
    prompt_version: str = Field(
        default="1", description="change it with a prompt or template kept on the server: it changes the fingerprint"
    )
    logprobs: bool = Field(default=False, description="ask for log probabilities, for the answer's confidence")
    batch: bool = Field(
        default=False,
        description="as a judge, ask by the server's batch API: within a day, for less; see docs/judging.md",
    )
    batch_lines: int = Field(default=2000, ge=1, le=50_000, description="calls of a batch at most")
    batch_collect_s: float = Field(default=10.0, gt=0, description="a batch that is not full is sent after so long")
    batch_poll_s: float = Field(default=30.0, gt=0, description="a batch is looked at so often")
    stream: bool = Field(default=False, description="stream the answer, for the time to its first token")

    @field_validator("api_key")
    @classmethod
    def _fits_a_header(cls, api_key: SecretStr | None) -> SecretStr | None:
        value = api_key.get_secret_value() if api_key else ""
        if value != value.strip() or not (value.isascii() and value.isprintable()):
            raise ValueError(
                "the key begins or ends in a space or a line break, or holds a character that no header takes; "
                "export the variable again with the key alone"
            )
        return api_key

    @field_validator("params")
    @classmethod
    def _no_param_of_ours(cls, params: dict[str, Any]) -> dict[str, Any]:
        if taken := sorted(_OURS.intersection(params)):
            raise ValueError(f"{', '.join(taken)} cannot be set here")
        return params


def connect(name: str, settings: Settings) -> "OpenAIModel":
    """The model behind an endpoint; nothing is sent before the first call."""
    return OpenAIModel(name, settings)


class OpenAIModel:
    """A model behind a chat endpoint. One event loop uses it.

    A parameter that the server refuses is left out from then on, and named in every completion that lacks it.
    """

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.fingerprint = fingerprint(
            name,
            kind="openai",
            model=settings.model,
            base_url=settings.base_url.rstrip("/"),
            params=settings.params,
            prompt_version=settings.prompt_version,
        )
        self._settings = settings
        self._refused: set[str] = set()
        self._client: openai.AsyncOpenAI | None = None
        chats = f"{settings.base_url.rstrip('/')}/chat/completions"
        self._endpoint = Endpoint(chats, {"Authorization": f"Bearer {self._key or NO_KEY}"})
        self.batches: Batches | None = None
        if settings.batch:
            self.batches = Batches(
                self._connected,
                self._whole_body,
                self._as_retry,
                settings.batch_lines,
                settings.batch_collect_s,
                settings.batch_poll_s,
            )

    @property
    def _key(self) -> str:
        """Empty where there is none; asked for each time, so that no attribute shows it."""
        key = self._settings.api_key
        return key.get_secret_value() if key else ""

    async def complete(self, request: Request) -> Completion:
        """The server's answer; `latency_ms` is that of the try that was answered.

        Raises RetryLater when the endpoint is to blame: no connection, HTTP 401, 404, 429 or 5xx, the retries used up.
        """
        started = time.monotonic()
        try:
            return await self._answer(request)
        except Exception as error:
            if _is_endpoints(error):
                raise self._as_retry(error) from None
            if not isinstance(error, openai.OpenAIError | ValueError | TimeoutError):
                frames = "".join(traceback.format_tb(error.__traceback__))
                log.error("model_call_crashed", model=self.name, error=type(error).__name__, frames=frames)
            used = None if _may_cost(error) else 0
            return Completion(
                error=self._sentence(error), latency_ms=_ms_since(started), input_tokens=used, output_tokens=used
            )

    async def probe(self) -> str:
        """One line about the model as served, from one short call."""
        started = time.monotonic()
        try:
            answer = await self._answer(Request([{"role": "user", "content": "Say ok."}], params={"max_tokens": 16}))
        except (openai.OpenAIError, httpx2.TransportError, ValueError, TimeoutError) as error:
            url = self._settings.base_url
            raise UserError(f"models.{self.name}: {url}: {self._sentence(error)}; {_advice(error)}.") from error
        served = answer.model or self._settings.model
        return f"{served} at {self._settings.base_url} answered in {_ms_since(started):.0f} ms"

    async def close(self) -> None:
        await self._endpoint.close()
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _answer(self, request: Request) -> Completion:
        """The answer, without the parameters that the server refuses; raises what went wrong."""
        body, dropped = chat.to_body(request, self._settings.params)
        if self._settings.logprobs:
            body["logprobs"] = True
        if self._settings.stream:
            body["stream_options"] = {"include_usage": True}
        deadline = time.monotonic() + self._settings.timeout_s
        async with asyncio.timeout(self._settings.timeout_s):
            while True:
                sent = self._without_refused(body)
                try:
                    answer = await self._patiently(sent, deadline)
                except openai.APIStatusError as error:
                    param = chat.refused_param(error.message, error.param, sent)
                    # llama-cpp-python's server answers 500 to a response_format that it does not know.
                    taken = error.status_code in (400, 422) or (error.status_code == 500 and param == "response_format")
                    if param is None or not taken:
                        raise
                    self._refused.add(_refusal(param, sent[param]))
                    log.warning("param_refused", model=self.name, param=param)
                else:
                    lost = {name for name, value in body.items() if sent.get(name) != value} - _OURS
                    if "max_completion_tokens" in sent:
                        lost.discard("max_tokens")
                    return msgspec.structs.replace(answer, dropped_params=sorted(lost.union(dropped)))

    def _without_refused(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body as this server takes it.

        A refused `max_tokens` goes by its newer name and a refused JSON Schema in a looser form; the rest is left out.
        """
        if not self._refused:
            return body
        sent = dict(body)
        for looser in chat.looser_formats(body):
            if _refusal("response_format", sent["response_format"]) in self._refused:
                sent["response_format"] = looser
        if "max_tokens" in self._refused and "max_tokens" in body:
            sent.setdefault("max_completion_tokens", body["max_tokens"])
        return {name: value for name, value in sent.items() if _refusal(name, value) not in self._refused}

    async def _patiently(self, body: dict[str, Any], deadline: float) -> Completion:
        """The answer, after passing faults have been waited for; raises the last one when the time is too short."""
        for tries in itertools.count(1):
            try:
                return await self._send(body)
            except (openai.APIConnectionError, openai.APIStatusError, httpx2.TransportError) as error:
                pause_s = wait_s(tries, _asked_s(error))
                if tries > self._settings.max_retries or not _is_passing(error):
                    raise
                if time.monotonic() + pause_s >= deadline:
                    raise
            await asyncio.sleep(pause_s)
        raise AssertionError("unreachable")

    def _as_retry(self, error: Exception) -> RetryLater:
        return RetryLater(self._sentence(error), _asked_s(error), _may_cost(error))

    def _whole_body(self, request: Request) -> dict[str, Any]:
        """A call as a line of a batch; what the server has refused of earlier calls is left out."""
        body, _ = chat.to_body(request, self._settings.params)
        return {"model": self._settings.model, **self._without_refused(body)}

    def _connected(self) -> openai.AsyncOpenAI:
        """The openai client, for streams and batches."""
        if self._client is None:
            self._client = openai.AsyncOpenAI(
                base_url=self._settings.base_url,
                api_key=self._key or NO_KEY,
                timeout=self._settings.timeout_s,
                max_retries=0,  # its own retries would hide the fault behind the time-out
                http_client=openai.DefaultAioHttpClient(timeout=self._settings.timeout_s),
            )
        return self._client

    async def _send(self, body: dict[str, Any]) -> Completion:
        started = time.monotonic()
        if not self._settings.stream:
            content = await self._endpoint.post(msgspec.json.encode({"model": self._settings.model, **body}))
            return msgspec.structs.replace(chat.read_body(content), latency_ms=_ms_since(started))
        chunks: list[dict[str, Any]] = []
        first_ms: float | None = None
        chats = self._connected().chat.completions
        call: dict[str, Any] = {"model": self._settings.model, "messages": body["messages"], "extra_body": body}
        async with await chats.create(stream=True, **call) as stream:
            async for chunk in stream:
                chunks.append(chunk.to_dict(warnings=False))
                if first_ms is None and chat.has_answer(chunks[-1]):
                    first_ms = _ms_since(started)
        answer = chat.read_chunks(chunks)
        return msgspec.structs.replace(answer, latency_ms=_ms_since(started), time_to_first_token_ms=first_ms)

    def _sentence(self, error: Exception) -> str:
        """What went wrong, for a person, without the key even where the server repeats it."""
        match error:
            case _ if _is_connection(error):
                text = f"the connection failed: {str(error.__cause__ or '') or error}"
            case TimeoutError() | openai.APITimeoutError() | httpx2.TimeoutException():
                text = f"no answer within {self._settings.timeout_s:g} s"
            case openai.APIStatusError():
                text = f"the server answered HTTP {error.status_code}: {error.message[:300]}"
            case openai.APIError():
                text = f"the server reported an error: {error.message[:300]}"
            case UnicodeDecodeError() | json.JSONDecodeError():
                text = f"the server's answer cannot be read: {error}"
            case ValueError():
                text = str(error)[:300]
            case _:
                text = f"the call crashed: {type(error).__name__}"
        return text.replace(self._key, "***") if self._key else text


def _is_passing(error: Exception) -> bool:
    """True for what a second try may mend: a lost connection, HTTP 408, 409, 429 and 5xx."""
    if isinstance(error, openai.APIStatusError):
        return error.status_code in (408, 409, 429) or error.status_code >= 500
    return _is_connection(error)


def _is_endpoints(error: Exception) -> bool:
    """True when the request is not to blame: address, key and model name stand in the configuration, not in it."""
    if isinstance(error, openai.APIStatusError):
        return error.status_code in (401, 404, 429) or error.status_code >= 500
    return _is_connection(error)


def _is_connection(error: Exception) -> bool:
    """True when a connection was refused, lost or never made, all of which aiohttp's transport calls ConnectTimeout."""
    if isinstance(error, openai.APITimeoutError):
        return isinstance(error.__cause__, httpx2.ConnectTimeout)
    lost = (openai.APIConnectionError, httpx2.NetworkError, httpx2.RemoteProtocolError, httpx2.ConnectTimeout)
    return isinstance(error, lost)


def _may_cost(error: BaseException | None) -> bool:
    """False when the server surely generated nothing: it answered with an HTTP error, or was never reached."""
    while error is not None:
        if isinstance(error, openai.APIStatusError | aiohttp.ClientConnectorError):
            return False
        error = error.__cause__
    return True


def _asked_s(error: Exception) -> float | None:
    """The wait that the server asked for, in seconds, or None."""
    if isinstance(error, openai.APIStatusError):
        return asked_wait_s(error.response.headers, datetime.now(UTC))
    return None


def _refusal(name: str, value: Any) -> str:
    """What is remembered of a refused field: its name, and for an object its value, since another may be accepted."""
    return f"{name}={json.dumps(value, sort_keys=True)}" if isinstance(value, dict) else name


def _advice(error: Exception) -> str:
    """What a person does about a failed probe."""
    match error:
        case openai.APIStatusError(status_code=401 | 403):
            return 'set api_key = "env:NAME" and export NAME with a valid key'
        case openai.APIStatusError(status_code=404):
            return "correct base_url (most servers end in /v1) or model"
        case openai.APIConnectionError() | httpx2.TransportError() | TimeoutError():
            return "start the server, or correct base_url"
        case _:
            return "read the server's own log"


def _ms_since(started: float) -> float:
    return (time.monotonic() - started) * 1000
