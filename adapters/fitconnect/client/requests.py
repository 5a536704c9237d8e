"""What is asked of which interface, and what came back."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Final, TypeAlias
from urllib.parse import urlencode

import httpx

from adapters.fitconnect.client.answers import NoJson, parse_json
from adapters.fitconnect.client.failures import RequestWrong, StrangeAnswer
from adapters.fitconnect.client.settings import Environment
from schemas.limits import KIB, MIB

ANSWER_BYTES: Final = 8 * MIB
"""More of an answer is not read, where nobody said how much to expect."""
PROBLEM_BYTES: Final = 64 * KIB
JSON: Final = "application/json"
JOSE: Final = "application/jose"

_PATH: Final = re.compile(r"(/[A-Za-z0-9._~%-]+)+")
_DOTS: Final = re.compile(r"/\.{1,2}(/|$)")


class Api(Enum):
    """One of FIT-Connect's interfaces."""

    SUBMISSION = "submission"
    SERVICE = "service"
    """The submission address without version: ``/.well-known/jwks.json``."""
    DESTINATION = "destination"
    ROUTING = "routing"
    PORTAL = "portal"
    """The Self-Service-Portal, for its published keys."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A body that is made anew for each try; ``length`` in bytes, where known."""

    open: Callable[[], AsyncIterator[bytes]]
    length: int | None = None


Content: TypeAlias = bytes | Upload


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One question; ``path`` is relative to the interface and its version."""

    method: str
    path: str
    api: Api = Api.SUBMISSION
    query: Mapping[str, str | int | tuple[str, ...]] = field(default_factory=dict)
    content: Content = b""
    content_type: str = ""
    is_anonymous: bool = False
    limit: int = ANSWER_BYTES
    """Of the answer."""
    deadline: timedelta | None = None
    """In all; None: as the environment says."""

    @property
    def is_repeatable(self) -> bool:
        """Asking again changes nothing, whatever became of the first time."""
        return self.method == "GET"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A success with what it said."""

    status: int
    headers: httpx.Headers
    body: bytes

    def json(self) -> object:
        """Its body. Raises StrangeAnswer."""
        try:
            return parse_json(self.body)
        except NoJson as error:
            raise StrangeAnswer("(no JSON)") from error


def url_of(environment: Environment, request: Request) -> str:
    """Where it goes. Raises RequestWrong, where an id would lead astray."""
    match request.api:
        case Api.SUBMISSION:
            base = f"{environment.submission_url}/{environment.version.value}"
        case Api.SERVICE:
            base = environment.submission_url
        case Api.DESTINATION:
            # The first generation had one address for both.
            base = (
                f"{environment.destination_url}/{environment.destination_version}"
                if environment.destination_url
                else f"{environment.submission_url}/{environment.version.value}"
            )
        case Api.ROUTING:
            base = f"{environment.routing_url}/{environment.routing_version}"
        case Api.PORTAL:
            base = environment.self_service_issuer
    if not base.startswith("http") or not _is_plain(request.path):
        raise RequestWrong("(address)", sent=False)
    query = urlencode(request.query, doseq=True)
    return f"{base}{request.path}{'?' if query else ''}{query}"


def _is_plain(path: str) -> bool:
    return bool(_PATH.fullmatch(path)) and not _DOTS.search(path)


class Outgoing(httpx.AsyncByteStream):
    """A body being sent; keeps apart what failed in our own source."""

    def __init__(self, content: Upload) -> None:
        self._content = content
        self._stream: AsyncIterator[bytes] | None = None
        self.failure: Exception | None = None

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        self._stream = self._content.open()
        try:
            async for chunk in self._stream:
                if chunk:
                    yield chunk
        except Exception as error:
            self.failure = error
            raise

    async def aclose(self) -> None:
        """Close the source, wherever sending stopped."""
        if isinstance(self._stream, AsyncGenerator):
            await self._stream.aclose()
