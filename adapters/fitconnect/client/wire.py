"""The client: what an adapter asks FIT-Connect's interfaces with."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from types import MappingProxyType
from typing import Final

import httpx

from adapters.base import Surroundings
from adapters.fitconnect.client.calls import Calls, Pause
from adapters.fitconnect.client.connections import join, leave
from adapters.fitconnect.client.exchanges import chunks
from adapters.fitconnect.client.failures import NoAnswerInTime
from adapters.fitconnect.client.requests import (
    ANSWER_BYTES,
    Api,
    Content,
    Reply,
    Request,
)
from adapters.fitconnect.client.settings import Credentials, Environment
from adapters.fitconnect.jose.keys import LEAST_BITS, PublicKey

_NONE: Final[Mapping[str, str | int]] = MappingProxyType({})


class FitConnectClient:
    """One client of one environment. Every call ends within its deadline.

    What may be repeated is repeated within that deadline: every GET, and whatever
    was turned away before anything was done with it (429, 503). Raises ApiFailure
    and SecretMissing, and nothing of httpx. Clients with the same environment and
    credentials share connections, token and published keys.
    """

    def __init__(
        self,
        environment: Environment,
        credentials: Credentials | None,
        surroundings: Surroundings,
        *,
        least_bits: int = LEAST_BITS,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """Without credentials only what is public can be asked.

        ``least_bits`` is of published keys, for trials; ``transport`` and ``pause``
        are for tests.
        """
        self.environment = environment
        self._credentials = credentials
        self._surroundings = surroundings
        self._least_bits = least_bits
        self._joining = asyncio.Lock()
        self._joined: Calls | None = None
        if transport is not None:
            self._joined = Calls(
                environment,
                credentials,
                surroundings,
                transport=transport,
                least_bits=least_bits,
                pause=pause,
            )

    async def get_json(
        self,
        path: str,
        *,
        api: Api = Api.SUBMISSION,
        query: Mapping[str, str | int] = _NONE,
        is_anonymous: bool = False,
        limit: int = ANSWER_BYTES,
    ) -> object:
        """What stands there."""
        request = Request(
            method="GET",
            path=path,
            api=api,
            query=query,
            is_anonymous=is_anonymous,
            limit=limit,
        )
        return (await self.send(request)).json()

    async def put(
        self,
        path: str,
        content: Content,
        *,
        content_type: str,
        deadline: timedelta | None = None,
    ) -> Reply:
        """PUT to the submission interface."""
        request = Request(
            method="PUT",
            path=path,
            content=content,
            content_type=content_type,
            deadline=deadline,
        )
        return await self.send(request)

    async def post(
        self,
        path: str,
        content: Content,
        *,
        content_type: str,
        api: Api = Api.SUBMISSION,
    ) -> Reply:
        """POST to an interface."""
        request = Request(
            method="POST",
            path=path,
            api=api,
            content=content,
            content_type=content_type,
        )
        return await self.send(request)

    async def send(self, request: Request) -> Reply:
        """Any request; a success comes back, everything else is raised."""
        calls = await self._calls()
        try:
            return await calls.reply(request)
        except TimeoutError as error:
            raise NoAnswerInTime from error

    @asynccontextmanager
    async def stream(
        self, path: str, *, limit: int, deadline: timedelta | None = None
    ) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """Something large of the submission interface, chunk by chunk.

        Repeated until the first byte is there, not later.
        """
        request = Request(method="GET", path=path, limit=limit)
        calls = await self._calls()
        most = (deadline or self.environment.transfer_deadline).total_seconds()
        try:
            async with asyncio.timeout(most):
                response = await calls.response(request)
                body = chunks(response, limit)
                try:
                    yield body
                finally:
                    await body.aclose()
                    await response.aclose()
        except TimeoutError as error:
            raise NoAnswerInTime from error

    async def destination(self, destination: str) -> Mapping[str, object]:
        """How a destination describes itself; public in the second generation."""
        found = await self.get_json(
            f"/destinations/{destination}", is_anonymous=self.environment.is_anonymous
        )
        return found if isinstance(found, Mapping) else {}

    async def service_key(self, kid: str) -> PublicKey:
        """Fills KeySource."""
        return await (await self._calls()).keys.service_key(kid)

    async def destination_key(self, destination: str, kid: str) -> PublicKey:
        """Fills KeySource."""
        return await (await self._calls()).keys.destination_key(destination, kid)

    async def login(self) -> None:
        """Get a token, or learn why there is none. For checks."""
        calls = await self._calls()
        try:
            async with asyncio.timeout(self.environment.deadline.total_seconds()):
                await calls.token()
        except TimeoutError as error:
            raise NoAnswerInTime(sent=False) from error

    async def aclose(self) -> None:
        """Give connections back; whoever shares them goes on with them."""
        joined, self._joined = self._joined, None
        if joined is not None:
            await leave(joined)

    async def _calls(self) -> Calls:
        if self._joined is None:
            async with self._joining:
                if self._joined is None:
                    self._joined = await join(
                        self.environment,
                        self._credentials,
                        self._surroundings,
                        least_bits=self._least_bits,
                    )
        return self._joined
