"""Fetches OCSP answers and revocation lists: by HTTP, or from a file."""

import asyncio
from pathlib import Path
from typing import Final

import httpx

from adapters.fitconnect.keyring.revocation import Source
from schemas.errors import CounterpartAway
from schemas.limits import MIB
from schemas.secrets import FromFile

LARGEST_LIST: Final = 64 * MIB
_DEADLINE: Final = httpx.Timeout(10)
_ASKS: Final = {"Content-Type": "application/ocsp-request"}


class ListAway(CounterpartAway):
    code = "E-FIT-REVOCATION-AWAY"
    sentence = "Whether a certificate was revoked cannot be asked."
    remedy = "Look at `ocsp`, `crl` and the way there."


class Fetcher:
    """Fills the port ``Fetch``; keeps no connection."""

    def __init__(
        self, home: Path, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """``home`` is where relative paths begin; ``transport`` is for tests."""
        self._home = home
        self._transport = transport

    async def __call__(self, source: Source, body: bytes = b"", /) -> bytes:
        """At most 64 MiB. Raises OSError, ListAway."""
        if isinstance(source, FromFile):
            return await asyncio.to_thread(_read, self._home / source.path)
        client = httpx.AsyncClient(
            transport=self._transport, timeout=_DEADLINE, trust_env=False
        )
        try:
            async with (
                client,
                client.stream(
                    "POST" if body else "GET",
                    source,
                    content=body or None,
                    headers=_ASKS if body else None,
                ) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise ListAway(f"(status {response.status_code})")
                return await _limited(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ListAway from error


async def _limited(response: httpx.Response) -> bytes:
    found = bytearray()
    async for chunk in response.aiter_bytes():
        found += chunk
        if len(found) > LARGEST_LIST:
            raise ListAway("(too large)")
    return bytes(found)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST_LIST)
