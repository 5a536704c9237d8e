"""One destination's connections: one pool, one TLS context, today's credentials."""

import asyncio
import base64
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

import httpx

from adapters.base import SecretReader, Surroundings
from adapters.http.settings import (
    CONNECT_DEADLINE,
    KEEP_ALIVE,
    BasicLogin,
    ClientCertificate,
    HttpConnection,
    NoCertificate,
    NoLogin,
    TokenLogin,
)
from adapters.http.streams import Outgoing, read_limited
from adapters.http.templates import is_header_value
from schemas.errors import SecretMissing
from schemas.secrets import FromFile

Headers = list[tuple[bytes, bytes]]
_EXTENSIONS: Final = {"timeout": {"connect": CONNECT_DEADLINE.total_seconds()}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An answer; ``body`` is empty where nobody wanted it."""

    status: int
    headers: httpx.Headers
    body: bytes
    cut: bool
    """There was more than we keep."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Material:
    """What proves who we are, as it was read."""

    login: Headers
    certificate: tuple[bytes, ...]


class HttpClient:
    """Sends requests below one address and keeps connections alive.

    It stands on httpx's transport, not on its client: no redirect is followed, no
    cookie kept, no proxy taken from the environment, no address logged, and a
    request costs a third less CPU.
    """

    def __init__(
        self,
        connection: HttpConnection,
        surroundings: Surroundings,
        *,
        parallel: int,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._connection = connection
        self._surroundings = surroundings
        self._material: _Material | None = None
        self._tls: ssl.SSLContext | None = None
        self._parallel = parallel
        self._opening = Lock()
        self.generation = 0
        """Of the credentials in use."""
        self._transport = transport
        address = connection.address
        host = f"[{address.host}]" if ":" in address.host else address.host
        scheme = "https" if address.secure else "http"
        self._base = f"{scheme}://{host}:{address.port}{address.path}"
        self._common: Headers = [
            (b"Host", httpx.URL(self._base).netloc),
            (b"Accept", b"*/*"),
            (b"Accept-Encoding", b"identity"),
            (b"User-Agent", b"amtsweg"),
        ]

    async def prepare(self) -> None:
        """Read credentials and certificates once. Raises SecretMissing."""
        if self._material is None or self._transport is None:
            await asyncio.to_thread(self._open)

    async def renew(self) -> None:
        """Read them again; a change raises the generation. Raises SecretMissing."""
        await asyncio.to_thread(self._open)

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        headers: Headers,
        content: Outgoing | None,
        wanted: Callable[[int], bool],
    ) -> Reply:
        """One request, one answer; its body only where the status makes us want it.

        Raises whatever the network and httpx raise.
        """
        await self.prepare()
        assert self._transport is not None  # noqa: S101 - prepare has made it
        assert self._material is not None  # noqa: S101 - as above
        response = await self._transport.handle_async_request(
            httpx.Request(
                method,
                self._base + path,
                headers=self._common + self._material.login + headers,
                stream=content or httpx.ByteStream(b""),
                extensions=_EXTENSIONS,
            )
        )
        try:
            body, cut = b"", False
            if wanted(response.status_code):
                body, cut = await _read(response)
            return Reply(
                status=response.status_code,
                headers=response.headers,
                body=body,
                cut=cut,
            )
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.aclose()

    def tls_context(self) -> ssl.SSLContext | None:
        """The context in use, for a check; None without TLS. Raises SecretMissing."""
        if self._material is None:
            self._open()
        return self._tls

    def _open(self) -> None:
        # Many deliveries may be the first one; a second pool would never be closed.
        with self._opening:
            self._open_once()

    def _open_once(self) -> None:
        material = self._read_material()
        if self._tls is None and self._connection.address.secure:
            self._tls = _tls_context(self._connection, self._surroundings)
        if self._tls is not None and material != self._material:
            # Connections made from now on show the new certificate.
            _load_certificate(self._tls, self._connection, self._surroundings)
        if self._transport is None:
            self._transport = httpx.AsyncHTTPTransport(
                verify=self._tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
                trust_env=False,
                limits=httpx.Limits(
                    max_connections=None,
                    max_keepalive_connections=self._parallel,
                    keepalive_expiry=KEEP_ALIVE.total_seconds(),
                ),
            )
        if material != self._material:
            self._material = material
            self.generation += 1

    def _read_material(self) -> _Material:
        secrets = self._surroundings.secrets
        match self._connection.certificate:
            case NoCertificate():
                certificate: tuple[bytes, ...] = ()
            case ClientCertificate(certificate=chain, key=key, password=password):
                parts = (chain, key, *password)
                certificate = tuple(secrets.read(part).encode() for part in parts)
        return _Material(
            login=_login(self._connection, secrets), certificate=certificate
        )


async def _read(response: httpx.Response) -> tuple[bytes, bool]:
    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 - ours is async
    return await read_limited(aiter(stream))


def _login(connection: HttpConnection, secrets: SecretReader) -> Headers:
    match connection.credentials:
        case NoLogin():
            return []
        case TokenLogin(header=header, scheme=scheme, token=reference):
            value = f"{scheme} {secrets.read(reference)}".lstrip()
            if not is_header_value(value):
                raise SecretMissing(f"{reference} is no header value")
            return [(header.encode(), value.encode())]
        case BasicLogin(user=user, password=reference):
            pair = f"{user}:{secrets.read(reference)}".encode()
            return [(b"Authorization", b"Basic " + base64.b64encode(pair))]


def _tls_context(
    connection: HttpConnection, surroundings: Surroundings
) -> ssl.SSLContext:
    ca = [str(surroundings.home / file.path) for file in connection.ca]
    try:
        return ssl.create_default_context(cafile=ca[0] if ca else None)
    except (OSError, ValueError) as error:
        raise SecretMissing(str(connection.ca[0])) from error


def _load_certificate(
    context: ssl.SSLContext, connection: HttpConnection, surroundings: Surroundings
) -> None:
    match connection.certificate:
        case NoCertificate():
            return
        case ClientCertificate(certificate=chain, key=key, password=password):
            words = [surroundings.secrets.read(reference) for reference in password]
            try:
                context.load_cert_chain(
                    _place(surroundings, chain),
                    _place(surroundings, key),
                    # Without one, OpenSSL would ask on the terminal.
                    password=words[0] if words else "",
                )
            except (OSError, ValueError) as error:
                raise SecretMissing(str(chain)) from error


def _place(surroundings: Surroundings, file: FromFile) -> str:
    return str(surroundings.home / file.path)
