"""A GGUF model in this process, by llama.cpp: no server, no network.

The same request gets the same answer: the prompt is always evaluated in the same blocks, whatever came before, and
sampling begins at a fixed seed.
"""

import asyncio
import contextlib
import io
import json
import os
import re
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

# llama.cpp's OpenMP threads spin while they wait. On cores shared with other work that made an answer ten times
# slower, or forty; libgomp reads this when it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import llama_cpp
import msgspec
import numpy as np
import structlog
from llama_cpp.llama_chat_format import Jinja2ChatFormatter
from llama_cpp.llama_grammar import LlamaGrammar, json_schema_to_gbnf
from pydantic import BaseModel, ConfigDict, Field

from connectors import chat, control_text, gguf
from connectors.errors import UserError
from connectors.fingerprint import fingerprint
from connectors.sampling import Sampling, plain, sampling_of, wanted_schema
from connectors.types import Completion, Request

log = structlog.get_logger()
_BLOCK = 64  # prompt tokens evaluated at once: what a cancelled call still does, and the grain of what is reused
_ERROR = 3  # GGML_LOG_LEVEL_ERROR
# The binding's grammar lets a string hold bare line breaks, which is no JSON; llama.cpp's own does not.
_LOOSE_CHAR, _STRICT_CHAR = r'char ::= [^"\\] |', r'char ::= [^"\\\x7F\x00-\x1F] |'
_loading = threading.Lock()
_complaints: list[str] = []


class Settings(BaseModel):
    """A [models.NAME] table of kind "llama": a GGUF model in this process."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(min_length=1, description='a GGUF file, or "package:NAME/FILE" inside an installed package')
    n_ctx: int = Field(default=2048, ge=64, description="tokens that prompt and answer may have together")
    n_threads: int | None = Field(default=None, ge=1, description="processor threads; llama.cpp's choice if not given")
    params: dict[str, Any] = Field(default={}, description="request parameters that win over the request's own")
    prompt_version: str = Field(default="1", description="a change of it changes the fingerprint")
    max_tokens: int = Field(default=256, ge=1, description="for requests that name no limit")
    seed: int = Field(default=0, ge=0, description="for requests that name none")
    timeout_s: float = Field(default=60.0, gt=0, description="bounds one generation, without the wait for its turn")


def connect(name: str, settings: Settings) -> "LlamaModel":
    """The model in a GGUF file, which is read at the first call; raises UserError when there is no such file."""
    return LlamaModel(name, settings, gguf.locate(settings.path, f"models.{name}"))


class LlamaModel:
    """A GGUF model. It answers one request at a time; those that wait, wait in order and may be cancelled."""

    def __init__(self, name: str, settings: Settings, file: Path) -> None:
        self.name = name
        self.fingerprint = fingerprint(
            name,
            kind="llama",
            file=gguf.digest(file),
            n_ctx=settings.n_ctx,
            params=settings.params,
            max_tokens=settings.max_tokens,
            seed=settings.seed,
            prompt_version=settings.prompt_version,
        )
        self._settings, self._file = settings, file
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"llama-{name}")
        self._closing = threading.Event()
        self._llama: llama_cpp.Llama | None = None
        self._control: re.Pattern[str] | None = None
        self._prompt: list[int] = []

    async def complete(self, request: Request) -> Completion:
        """The model's answer; `latency_ms` is the time of generation, without the wait for its turn.

        Tools are not offered to the model, and are named in `dropped_params`. A cancelled generation ends at its next
        token, or at the end of the block of the prompt that it is reading.
        """
        cancelled = threading.Event()
        work = self._thread.submit(self._complete, request, cancelled)
        try:
            return await asyncio.wrap_future(work)
        finally:
            cancelled.set()

    async def probe(self) -> str:
        """One line about the model, after loading it."""
        answer = await self.complete(Request([{"role": "user", "content": "Say ok."}], params={"max_tokens": 1}))
        if answer.error is not None:
            raise UserError(f"models.{self.name}: {answer.error}; try another GGUF file, or a larger n_ctx.")
        return f"{self._file.name} in this process, first token after {answer.time_to_first_token_ms or 0:.0f} ms"

    async def close(self) -> None:
        self._closing.set()
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)
        if self._llama is not None:
            self._llama.close()
            self._llama = None

    def _complete(self, request: Request, cancelled: threading.Event) -> Completion:
        started = time.monotonic()

        def must_stop() -> bool:
            if time.monotonic() - started > self._settings.timeout_s:
                raise TimeoutError(f"no answer within {self._settings.timeout_s:g} s")
            return cancelled.is_set() or self._closing.is_set()

        try:
            if self._llama is None:
                self._llama = _load(self._file, self._settings)
                self._control = control_text.pattern(_control_texts(self._llama))
            answer = self._answer(self._llama, request, must_stop)
            return msgspec.structs.replace(answer, latency_ms=(time.monotonic() - started) * 1000)
        except Exception as error:
            sentence = str(error)[:300]
            if not isinstance(error, UserError | ValueError | TimeoutError):
                frames = "".join(traceback.format_tb(error.__traceback__))
                log.error("model_call_crashed", model=self.name, error=type(error).__name__, frames=frames)
                sentence = f"the call crashed: {type(error).__name__}"
            return Completion(error=sentence, latency_ms=(time.monotonic() - started) * 1000)

    def _answer(self, llama: llama_cpp.Llama, request: Request, must_stop: Callable[[], bool]) -> Completion:
        started = time.monotonic()
        own = self._settings
        sampling, dropped = sampling_of(request, own.params, own.max_tokens, own.seed)
        text_in = _render(llama, request.messages, self._control)
        prompt = llama.tokenize(text_in.encode(), add_bos=False, special=True)
        room = own.n_ctx - len(prompt)
        if room < 1:
            raise ValueError(f"the prompt has {len(prompt)} tokens and the context {own.n_ctx}")
        grammar = None
        if (schema := wanted_schema(request.response_format)) is not None:
            grammar = _grammar(llama, schema)
            if grammar is None:
                grammar, dropped = _grammar(llama, {"type": "object"}), [*dropped, "response_format"]
        self._read(llama, prompt, must_stop)

        stops = [sampling.stop] if isinstance(sampling.stop, str) else sampling.stop
        limit = min(sampling.max_tokens, room)
        text, finish_reason, first_ms = b"", "length", None
        tokens: list[int] = []
        logprobs: list[float] = []
        vocabulary = llama_cpp.llama_model_get_vocab(llama.model)
        for token in _generate(llama, prompt, sampling, grammar):
            first_ms = first_ms or (time.monotonic() - started) * 1000
            if must_stop():
                raise ValueError("the call was cancelled")
            if llama_cpp.llama_vocab_is_eog(vocabulary, token):
                finish_reason = "stop"
                break
            logprobs.append(_logprob(llama, token))
            text += llama.detokenize([token], prev_tokens=prompt + tokens)
            tokens.append(token)
            ends = [at for stop in stops if (at := text.find(stop.encode())) >= 0]
            if ends:
                text, finish_reason = text[: min(ends)], "stop"
                break
            if len(tokens) >= limit:
                break
        return Completion(
            text=text.decode("utf-8", errors="ignore"),  # only a character cut short by max_tokens is ever lost
            finish_reason=finish_reason,
            model=self._file.name,
            input_tokens=len(prompt),
            output_tokens=len(tokens),
            time_to_first_token_ms=first_ms,
            confidence=chat.mean_probability(logprobs),
            dropped_params=sorted(dropped),
        )

    def _read(self, llama: llama_cpp.Llama, prompt: list[int], must_stop: Callable[[], bool]) -> None:
        """Evaluate the prompt, keeping the whole blocks that it shares with the one before."""
        shared = next(
            (i for i, (old, new) in enumerate(zip(self._prompt, prompt, strict=False)) if old != new),
            min(len(self._prompt), len(prompt)),
        )
        kept = min(shared, len(prompt) - 1) // _BLOCK * _BLOCK
        self._prompt = []
        memory = llama_cpp.llama_get_memory(llama.ctx)
        if kept and llama_cpp.llama_memory_seq_rm(memory, 0, kept, -1):
            llama.n_tokens = kept
        else:  # a recurrent model has no part of its memory to keep
            kept = 0
            llama_cpp.llama_memory_clear(memory, True)
            llama.reset()  # type: ignore[no-untyped-call]
        for start in range(kept, len(prompt), _BLOCK):
            if must_stop():
                raise ValueError("the call was cancelled")
            llama.eval(prompt[start : start + _BLOCK])
        self._prompt = prompt


def _control_texts(llama: llama_cpp.Llama) -> Iterator[str]:
    """The texts that tokenizing with `special` turns into a control token."""
    vocabulary = llama_cpp.llama_model_get_vocab(llama.model)
    special = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_UNKNOWN
    for token in range(llama.n_vocab()):
        if llama_cpp.llama_vocab_get_attr(vocabulary, token) & special:
            yield llama_cpp.llama_vocab_get_text(vocabulary, token).decode(errors="ignore")


def _render(llama: llama_cpp.Llama, messages: list[dict[str, Any]], control: re.Pattern[str] | None) -> str:
    """The prompt, by the chat template in the GGUF file; only the template puts control tokens into it."""
    template = llama.metadata.get("tokenizer.chat_template")
    if template is None:
        raise UserError("the GGUF file has no chat template")
    vocabulary = llama_cpp.llama_model_get_vocab(llama.model)
    marks = [
        (llama_cpp.llama_vocab_get_text(vocabulary, token) if token != -1 else b"").decode()
        for token in (llama.token_eos(), llama.token_bos())
    ]
    texts: list[Any] = control_text.broken(plain(messages), control) if control else plain(messages)
    formatter = Jinja2ChatFormatter(template=template, eos_token=marks[0], bos_token=marks[1])
    try:
        return str(formatter(messages=texts).prompt)
    except Exception as error:
        raise ValueError(f"the model's chat template refuses the messages: {type(error).__name__}") from error


def _grammar(llama: llama_cpp.Llama, schema: dict[str, Any]) -> LlamaGrammar | None:
    """The grammar of a JSON Schema, or None when llama.cpp cannot express it.

    The trial matters: a grammar that llama.cpp refuses later on ends the process.
    """
    try:
        text = json_schema_to_gbnf(json.dumps(schema))
        grammar = LlamaGrammar.from_string(text.replace(_LOOSE_CHAR, _STRICT_CHAR))
    except Exception as error:
        log.warning("schema_not_supported", error=type(error).__name__)
        return None
    vocabulary = llama_cpp.llama_model_get_vocab(llama.model)
    trial = llama_cpp.llama_sampler_init_grammar(vocabulary, grammar._grammar.encode(), b"root")
    if not trial:
        return None
    llama_cpp.llama_sampler_free(trial)
    return grammar


def _generate(
    llama: llama_cpp.Llama, prompt: list[int], sampling: Sampling, grammar: LlamaGrammar | None
) -> Iterator[int]:
    """The sampled tokens, for as long as the caller asks; the prompt has been evaluated."""
    llama.set_seed(sampling.seed % 0xFFFFFFFF)  # the last one means "random" to llama.cpp
    return iter(
        llama.generate(
            prompt,
            temp=max(0.0, sampling.temperature),
            top_k=sampling.top_k,
            top_p=sampling.top_p,
            min_p=sampling.min_p,
            typical_p=sampling.typical_p,
            frequency_penalty=sampling.frequency_penalty,
            presence_penalty=sampling.presence_penalty,
            repeat_penalty=sampling.repeat_penalty,
            grammar=grammar,
        )
    )


def _logprob(llama: llama_cpp.Llama, token: int) -> float:
    """The log probability of a token just sampled, by the model alone: before temperature and grammar."""
    logits = np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(llama.ctx, -1), shape=(llama.n_vocab(),))
    highest = logits.max()
    return float(logits[token] - highest - np.log(np.exp(logits - highest).sum()))


def _load(file: Path, settings: Settings) -> llama_cpp.Llama:
    """The model, loaded; raises UserError with llama.cpp's own complaint."""
    # verbose=False would point the whole process's stdout and stderr at /dev/null for the time of loading.
    with _loading, contextlib.redirect_stderr(io.StringIO()):
        _complaints.clear()
        try:
            llama = llama_cpp.Llama(
                str(file),
                n_ctx=settings.n_ctx,
                n_batch=_BLOCK,
                n_threads=settings.n_threads,
                n_threads_batch=settings.n_threads,
                verbose=True,
            )
        except ValueError as error:
            raise UserError(f"{file} cannot be loaded: {_complaints[0] if _complaints else error}") from error
    llama.verbose = False
    return llama


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _on_log(level: int, text: bytes, _: Any) -> None:
    """Keep llama.cpp's errors, and none of the hundreds of lines that it has to say besides."""
    if level == _ERROR:
        complaint = text.decode(errors="replace").strip()
        _complaints.append(complaint)
        log.error("llama_cpp", complaint=complaint[:200])


llama_cpp.llama_log_set(_on_log, None)
