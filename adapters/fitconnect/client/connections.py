"""Which clients share their calls: those with the same credentials.

Fifty destinations of one organisation are fifty adapters with one client at
FIT-Connect. They find each other here by environment and credentials; the last one
to leave closes the connections. An event loop has its own, since connections and
locks belong to one.
"""

import asyncio
import ssl
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

import httpx

from adapters.base import Surroundings
from adapters.fitconnect.client.calls import Calls
from adapters.fitconnect.client.settings import Credentials, Environment
from schemas.errors import SecretMissing

KEEP_ALIVE: Final = 5.0
"""Seconds; shorter than a usual server's, and whatever is read is read again."""
MOST_IDLE: Final = 16

Key = tuple[Environment, Credentials | None, Path, int, int]

_OPEN: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Key, Calls]]] = (
    WeakKeyDictionary()
)


async def join(
    environment: Environment,
    credentials: Credentials | None,
    surroundings: Surroundings,
    *,
    least_bits: int,
) -> Calls:
    """Those that are open already, or new ones. Raises SecretMissing."""
    shared = _OPEN.setdefault(asyncio.get_running_loop(), {})
    clock = id(surroundings.clock)
    key = (environment, credentials, surroundings.home, clock, least_bits)
    if key not in shared:
        transport = await asyncio.to_thread(_transport, environment, surroundings)
        # Another one may have been as far meanwhile; what is not open needs no close.
        if key not in shared:
            shared[key] = Calls(
                environment,
                credentials,
                surroundings,
                transport=transport,
                least_bits=least_bits,
            )
    shared[key].users += 1
    return shared[key]


async def leave(calls: Calls) -> None:
    """Give them back; the last one closes them."""
    calls.users -= 1
    if calls.users > 0:
        return
    for shared in list(_OPEN.values()):
        for key in [key for key, one in shared.items() if one is calls]:
            del shared[key]
    await calls.aclose()


def _transport(
    environment: Environment, surroundings: Surroundings
) -> httpx.AsyncBaseTransport:
    urls = (environment.submission_url, environment.token_url, environment.routing_url)
    is_secure = any(url.startswith("https:") for url in urls)
    return httpx.AsyncHTTPTransport(
        # The one without trust costs 30 ms less, and serves a machine's own sandbox.
        verify=_tls(environment, surroundings)
        if is_secure
        else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        trust_env=False,
        limits=httpx.Limits(
            max_connections=None,
            max_keepalive_connections=MOST_IDLE,
            keepalive_expiry=KEEP_ALIVE,
        ),
    )


def _tls(environment: Environment, surroundings: Surroundings) -> ssl.SSLContext:
    ca = [str(surroundings.home / file.path) for file in environment.ca]
    try:
        return ssl.create_default_context(cafile=ca[0] if ca else None)
    except (OSError, ValueError) as error:
        raise SecretMissing(", ".join(map(str, environment.ca))) from error
