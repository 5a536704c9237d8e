"""Calls of one client at FIT-Connect: token, pace, repetition, judgement."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import httpx

from adapters.base import Surroundings
from adapters.fitconnect.client.answers import broken_off, failure_of
from adapters.fitconnect.client.exchanges import (
    Answer,
    exchange,
    form_request,
    read,
    sorted_failure,
    wire_request,
)
from adapters.fitconnect.client.failures import (
    ApiFailure,
    Busy,
    FitAway,
    LoginRefused,
    RequestWrong,
    StrangeAnswer,
    TooMuch,
)
from adapters.fitconnect.client.keys import PublishedKeys
from adapters.fitconnect.client.pace import Pace, pause_after
from adapters.fitconnect.client.requests import (
    PROBLEM_BYTES,
    Api,
    Outgoing,
    Reply,
    Request,
    Upload,
)
from adapters.fitconnect.client.settings import Credentials, Environment
from adapters.fitconnect.client.tokens import Token, TokenCache

MOST_TRIES: Final = 4
_T = TypeVar("_T")
Pause = Callable[[float], Awaitable[None]]


class Calls:
    """Shared by every adapter with the same credentials (see ``connections``)."""

    def __init__(
        self,
        environment: Environment,
        credentials: Credentials | None,
        surroundings: Surroundings,
        *,
        transport: httpx.AsyncBaseTransport,
        least_bits: int,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._environment = environment
        self._clock = surroundings.clock
        self._transport = transport
        self._pause = pause
        self._paces: dict[Api, Pace] = {}
        self._tokens = (
            TokenCache(credentials, surroundings, self._ask_token)
            if credentials
            else None
        )
        self.keys = PublishedKeys(
            self._ask_keys,
            surroundings,
            algorithms=environment.algorithms,
            least_bits=least_bits,
        )
        self.users = 0

    async def reply(self, request: Request) -> Reply:
        """The whole answer; a success comes back, everything else is raised.

        Ends within the request's deadline, with TimeoutError.
        """
        seconds = (request.deadline or self._environment.deadline).total_seconds()
        async with asyncio.timeout(seconds):
            return await self._repeated(request, self._exchange)

    async def response(self, request: Request) -> httpx.Response:
        """A success whose body has not been read yet; whoever asks closes it."""
        return await self._repeated(request, self._open)

    async def token(self, refused: Token | None = None) -> Token:
        """One that can be used; ``refused`` one that was not taken."""
        if self._tokens is None:
            raise RequestWrong("(no credentials)", sent=False)
        try:
            return await self._tokens.token(other_than=refused)
        except ApiFailure as failure:
            # Of the request itself nothing has left.
            failure.sent = False
            raise

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    async def _repeated(
        self, request: Request, once: Callable[[Request, Token | None], Awaitable[_T]]
    ) -> _T:
        """Tries within the deadline that surrounds it."""
        tries = 0
        while True:
            await self._wait(self._pace(request.api).wait(), None)
            tries += 1
            try:
                return await self._authorised(request, once)
            except FitAway as failure:
                if tries == MOST_TRIES or not _may_repeat(request, failure):
                    raise
                await self._wait(max(failure.retry_after, pause_after(tries)), failure)

    async def _wait(self, seconds: float, failure: FitAway | None) -> None:
        """Unless the call would not live long enough to use it."""
        if not seconds:
            return
        if seconds > self._environment.deadline.total_seconds() / 2:
            raise failure or Busy(sent=False, retry_after=seconds)
        await self._pause(seconds)

    async def _authorised(
        self, request: Request, once: Callable[[Request, Token | None], Awaitable[_T]]
    ) -> _T:
        """With a token; with a new one once more, where the first was refused."""
        if request.is_anonymous:
            return await once(request, None)
        token = await self.token()
        try:
            return await once(request, token)
        except LoginRefused:
            return await once(request, await self.token(refused=token))

    async def _exchange(self, request: Request, token: Token | None) -> Reply:
        content = request.content
        outgoing = Outgoing(content) if isinstance(content, Upload) else None
        made = wire_request(self._environment, request, token, outgoing)
        try:
            answer = await exchange(self._transport, made, request.limit)
        except Exception as error:
            raise sorted_failure(error, outgoing) from error
        finally:
            if outgoing is not None:
                await outgoing.aclose()
        self._judge(request, answer)
        status, headers, body = answer
        return Reply(status=status, headers=headers, body=body)

    async def _open(self, request: Request, token: Token | None) -> httpx.Response:
        made = wire_request(self._environment, request, token, None)
        try:
            response = await self._transport.handle_async_request(made)
        except Exception as error:
            raise broken_off(error) from error
        is_good = False
        try:
            is_success = httpx.codes.is_success(response.status_code)
            body = b"" if is_success else await read(response, PROBLEM_BYTES)
            self._judge(request, (response.status_code, response.headers, body))
            is_good = True
            return response
        except Exception as error:
            raise sorted_failure(error, None) from error
        finally:
            if not is_good:
                await response.aclose()

    def _judge(self, request: Request, answer: Answer) -> None:
        """Heed what they wish, and raise what is no success."""
        status, headers, body = answer
        wish = self._pace(request.api).note(status, headers, self._clock.now())
        failure = failure_of(status, headers, body, retry_after=wish)
        if failure is not None:
            raise failure
        if headers.get("Content-Encoding", "identity").lower() != "identity":
            # Nobody asked for it, and its bytes are not what was meant.
            raise StrangeAnswer("(encoded)")

    def _pace(self, api: Api) -> Pace:
        return self._paces.setdefault(api, Pace())

    async def _ask_token(self, form: bytes) -> Answer:
        made = form_request(self._environment, form)
        try:
            return await exchange(self._transport, made, PROBLEM_BYTES)
        except Exception as error:
            raise sorted_failure(error, None) from error

    async def _ask_keys(self, api: Api, path: str) -> object:
        request = Request(
            method="GET", path=path, api=api, is_anonymous=api is Api.SERVICE
        )
        return (await self.reply(request)).json()


def _may_repeat(request: Request, failure: FitAway) -> bool:
    if failure.whole_destination or isinstance(failure, TooMuch):
        return False
    return request.is_repeatable or isinstance(failure, Busy)
