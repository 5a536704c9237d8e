"""One request over the wire and its answer, without judgement."""

from collections.abc import AsyncGenerator
from typing import Final

import httpx

from adapters.fitconnect.client.answers import broken_off
from adapters.fitconnect.client.failures import TooMuch
from adapters.fitconnect.client.requests import (
    PROBLEM_BYTES,
    Outgoing,
    Request,
    Upload,
    url_of,
)
from adapters.fitconnect.client.settings import CONNECT_DEADLINE, Environment
from adapters.fitconnect.client.tokens import Token
from schemas.errors import EngineError

Answer = tuple[int, httpx.Headers, bytes]
AGENT: Final = b"amtsweg"
"""Without an agent's name some of FIT-Connect's hosts answer 403."""
_COMMON: Final = (
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"identity"),
    (b"User-Agent", AGENT),
)


def patience(environment: Environment) -> dict[str, float]:
    """The longest silences; the whole call has a deadline besides."""
    most = environment.deadline.total_seconds()
    connect = min(CONNECT_DEADLINE.total_seconds(), most)
    return {"connect": connect, "read": most, "write": most, "pool": connect}


def form_request(environment: Environment, form: bytes) -> httpx.Request:
    """Asks for a token."""
    kind = (b"Content-Type", b"application/x-www-form-urlencoded")
    return httpx.Request(
        "POST",
        environment.token_url,
        headers=[*_COMMON, kind],
        content=form,
        extensions={"timeout": patience(environment)},
    )


def wire_request(
    environment: Environment,
    request: Request,
    token: Token | None,
    outgoing: Outgoing | None,
) -> httpx.Request:
    """As it goes out. Raises RequestWrong."""
    headers = list(_COMMON)
    if token is not None:
        headers.append((b"Authorization", b"Bearer " + token.value.encode()))
    if request.content_type:
        headers.append((b"Content-Type", request.content_type.encode()))
    if isinstance(request.content, Upload) and request.content.length is not None:
        headers.append((b"Content-Length", b"%d" % request.content.length))
    plain = request.content if isinstance(request.content, bytes) else b""
    return httpx.Request(
        request.method,
        url_of(environment, request),
        headers=headers,
        content=plain or outgoing,
        extensions={"timeout": patience(environment)},
    )


async def exchange(
    transport: httpx.AsyncBaseTransport, request: httpx.Request, limit: int
) -> Answer:
    """One request and its answer; of a failure's body only the beginning.

    Raises whatever httpx raises, and TooMuch.
    """
    response = await transport.handle_async_request(request)
    try:
        return response.status_code, response.headers, await read(response, limit)
    finally:
        await response.aclose()


async def read(response: httpx.Response, limit: int) -> bytes:
    """The body: a success within the limit, of a failure what its problem needs."""
    is_success = httpx.codes.is_success(response.status_code)
    most = limit if is_success else PROBLEM_BYTES
    body = bytearray()
    async for chunk in _raw(response):
        body += chunk
        if len(body) > most:
            if is_success:
                raise TooMuch
            break
    return bytes(body[:most])


async def chunks(response: httpx.Response, limit: int) -> AsyncGenerator[bytes, None]:
    """The body bit by bit. Raises ApiFailure."""
    size = 0
    try:
        async for chunk in _raw(response):
            size += len(chunk)
            if size > limit:
                raise TooMuch
            yield chunk
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:
        raise broken_off(error) from error


def sorted_failure(error: Exception, outgoing: Outgoing | None) -> Exception:
    """Ours where our own source failed, theirs otherwise."""
    source = outgoing.failure if outgoing is not None else None
    if isinstance(error, EngineError):
        return error
    return source if source is not None else broken_off(error)


def _raw(response: httpx.Response) -> httpx.AsyncByteStream:
    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 - asked for so
    return stream
