"""The access token: asked for once, shared, renewed before it expires."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

import httpx

from adapters.base import Surroundings
from adapters.fitconnect.client.answers import NoJson, failure_of, parse_json
from adapters.fitconnect.client.failures import (
    ApiFailure,
    ApiProblem,
    LoginRefused,
    ScopeRefused,
    StrangeAnswer,
)
from adapters.fitconnect.client.settings import Credentials

EARLY: Final = timedelta(seconds=60)
"""Before its end a token is not used any more: clocks differ, calls take time."""
LIFE: Final = timedelta(minutes=30)
"""Where they do not say."""
_SHORTEST: Final = timedelta(seconds=5)
_MAX_CHARACTERS: Final = 16_384

Form = Callable[[bytes], Awaitable[tuple[int, httpx.Headers, bytes]]]
"""Sends a form to the token address; status, headers and body come back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """``until`` is when it stops being used."""

    value: str
    until: datetime


class TokenCache:
    """One client's token; whoever comes while one is asked for waits for that."""

    def __init__(
        self, credentials: Credentials, surroundings: Surroundings, send: Form
    ) -> None:
        self._credentials = credentials
        self._surroundings = surroundings
        self._send = send
        self._asking = asyncio.Lock()
        self._token: Token | None = None

    async def token(self, *, other_than: Token | None = None) -> Token:
        """A token that can be used; ``other_than`` one that was refused.

        Raises SecretMissing and ApiFailure.
        """
        if (found := self._usable(other_than)) is not None:
            return found
        async with self._asking:
            if (found := self._usable(other_than)) is None:
                found = self._token = await self._ask()
            return found

    def _usable(self, other_than: Token | None) -> Token | None:
        token = self._token
        if token is None or token is other_than:
            return None
        return token if self._surroundings.clock.now() < token.until else None

    async def _ask(self) -> Token:
        form = await asyncio.to_thread(self._form)
        asked_at = self._surroundings.clock.now()
        status, headers, body = await self._send(form)
        failure = _failure(status, headers, body)
        if failure is not None:
            raise failure
        return _token(body, asked_at)

    def _form(self) -> bytes:
        secrets, mine = self._surroundings.secrets, self._credentials
        name = mine.client_id
        # In the body: Basic is answered with invalid_client. And without a scope:
        # the token then carries everything that is assigned to the client.
        return urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": name if isinstance(name, str) else secrets.read(name),
                "client_secret": secrets.read(mine.client_secret),
            }
        ).encode()


def _failure(status: int, headers: httpx.Headers, body: bytes) -> ApiFailure | None:
    try:
        answer = parse_json(body)
    except NoJson:
        answer = {}
    error = answer.get("error") if isinstance(answer, dict) else None
    problem = ApiProblem(status=status)
    match error:
        case "invalid_client" | "unauthorized_client" | "access_denied":
            return LoginRefused(problem=problem)
        case "invalid_scope":
            return ScopeRefused(problem=problem)
        case _:
            return failure_of(status, headers, body)


def _token(body: bytes, asked_at: datetime) -> Token:
    try:
        answer = parse_json(body)
    except NoJson as error:
        raise StrangeAnswer("(token)") from error
    found = answer if isinstance(answer, dict) else {}
    value, seconds = found.get("access_token"), found.get("expires_in")
    if not isinstance(value, str) or not _is_plain(value):
        raise StrangeAnswer("(token)")
    is_number = isinstance(seconds, int) and not isinstance(seconds, bool)
    life = timedelta(seconds=min(seconds, 86_400)) if is_number and seconds else LIFE
    # A short life is not spent on being early.
    until = asked_at + max(life - min(EARLY, life / 4), _SHORTEST)
    return Token(value=value, until=until)


def _is_plain(value: str) -> bool:
    printable = value.isascii() and value.isprintable() and " " not in value
    return printable and 0 < len(value) <= _MAX_CHARACTERS
