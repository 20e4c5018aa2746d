"""One endpoint that takes JSON and gives JSON, over connections that are kept. Errors are the openai client's.

aiohttp is called directly. Through the openai client's own way to it (httpx2) a call costs twice the processor time:
docs/decisions/047-http-by-the-lower-layer.md.
"""

from collections.abc import Mapping

import aiohttp
import httpx2
import msgspec
import openai


class Endpoint:
    """A URL, and the headers of every call to it. One event loop uses it."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url, self._headers = url, {"Content-Type": "application/json", **headers}
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: bytes) -> bytes:
        """The body of the answer. No time-out: that is the caller's.

        Raises openai.APIStatusError for an HTTP status of 400 or more, openai.APIConnectionError when there is no
        answer, or only half of one; its cause is an aiohttp.ClientConnectorError when nothing was sent.
        """
        session = self._session or self._open()
        try:
            async with session.post(self._url, data=body) as answer:
                content = await answer.read()
        except aiohttp.ClientError as error:
            raise openai.APIConnectionError(request=httpx2.Request("POST", self._url)) from error
        if answer.status < 400:
            return content
        raise _status_error(answer, content, self._url)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        # The certificates take 30 ms to read, while no other call goes on.
        tls = httpx2.create_ssl_context() if self._url.startswith("https:") else True
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            connector=aiohttp.TCPConnector(limit=0, ssl=tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
        )
        return self._session


def _status_error(answer: aiohttp.ClientResponse, content: bytes, url: str) -> openai.APIStatusError:
    """The error of an answer that is none, with the message and the parameter that it names."""
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-encoding"}
    response = httpx2.Response(answer.status, headers=headers, content=content, request=httpx2.Request("POST", url))
    try:
        said = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return openai.APIStatusError(response.text[:300], response=response, body=None)
    error = said.get("error", said) if isinstance(said, dict) else said
    message = error.get("message") if isinstance(error, dict) else error
    return openai.APIStatusError(str(message or response.reason_phrase), response=response, body=error)
