"""Publishes the keys of a destination; whatever is there already is left alone.

First every key, then ``encryptionKid``, then our own files: from each moment on both
sides can read what the other one makes. Repeating it is harmless.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from adapters.fitconnect.client.failures import Conflicting, NotThere
from adapters.fitconnect.client.requests import JSON, Api, Request
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.jose.errors import KeyUnusable
from adapters.fitconnect.jose.json_object import write_object
from adapters.fitconnect.jose.keys import PrivateKey, thumbprint
from adapters.fitconnect.keyring.checks import shown
from adapters.fitconnect.keyring.errors import OtherKeyPublished
from adapters.fitconnect.keyring.folder import Jwk, KeyFolder

MERGE_PATCH: Final = "application/merge-patch+json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """What was done; nothing where all was as it should be."""

    decryption: PrivateKey
    signing: PrivateKey
    added: tuple[str, ...]
    """Ids of keys that were not published before."""
    is_switched: bool
    """Senders encrypt for another key than before."""
    is_rotated: bool
    """A pair that waited became the current one."""


async def publish(
    client: FitConnectClient, destination: str, folder: KeyFolder, *, at: datetime
) -> Publication:
    """The waiting pair where there is one, else the current.

    Raises KeysMissing and what else a folder raises, OtherKeyPublished, ApiFailure.
    """
    waiting = folder.take_in_waiting()
    pair = waiting or folder.current()
    added = [
        str(jwk["kid"])
        for jwk in pair.public()
        if await _add(client, destination, jwk, pair.decryption)
    ]
    is_switched = await _switch(client, destination, pair.decryption.kid)
    if waiting is not None:
        folder.promote(at=at)
    return Publication(
        decryption=pair.decryption,
        signing=pair.signing,
        added=tuple(added),
        is_switched=is_switched,
        is_rotated=waiting is not None,
    )


async def missing(
    client: FitConnectClient, destination: str, jwks: tuple[Jwk, ...]
) -> tuple[str, ...]:
    """Ids of keys that should be published and are not. Raises ApiFailure."""
    found = [await _published(client, destination, jwk) for jwk in jwks]
    return tuple(
        str(jwk.get("kid"))
        for jwk, there in zip(jwks, found, strict=True)
        if not _is_same(there, jwk)
    )


async def _add(
    client: FitConnectClient, destination: str, jwk: Jwk, key: PrivateKey
) -> bool:
    """Whether it was necessary."""
    if _is_there(await _published(client, destination, jwk), jwk, key):
        return False
    try:
        await client.post(
            f"{_path(destination)}/keys",
            write_object(dict(jwk)),
            content_type=JSON,
            api=Api.DESTINATION,
        )
    except Conflicting:
        # Somebody was quicker; what counts is what stands there now.
        if not _is_there(await _published(client, destination, jwk), jwk, key):
            raise
        return False
    return True


async def _switch(client: FitConnectClient, destination: str, kid: str) -> bool:
    if (await client.destination(destination)).get("encryptionKid") == kid:
        return False
    # The Destination API patches by merging; in v1 of the other it is plain JSON.
    kind = MERGE_PATCH if client.environment.destination_url else JSON
    await client.send(
        Request(
            method="PATCH",
            path=_path(destination),
            api=Api.DESTINATION,
            content=write_object({"encryptionKid": kid}),
            content_type=kind,
        )
    )
    return True


async def _published(
    client: FitConnectClient, destination: str, jwk: Jwk
) -> Mapping[str, object] | None:
    """What stands there under this id."""
    kid = quote(str(jwk.get("kid")), safe="")
    try:
        found = await client.get_json(
            f"{_path(destination)}/keys/{kid}",
            is_anonymous=client.environment.is_anonymous,
        )
    except NotThere:
        return None
    return found if isinstance(found, Mapping) else {}


def _is_there(found: Mapping[str, object] | None, jwk: Jwk, key: PrivateKey) -> bool:
    if found is None:
        return False
    if not _is_same(found, jwk):
        raise OtherKeyPublished(shown(key))
    return True


def _is_same(found: Mapping[str, object] | None, jwk: Jwk) -> bool:
    try:
        return found is not None and thumbprint(found) == thumbprint(jwk)
    except KeyUnusable:
        return False


def _path(destination: str) -> str:
    return f"/destinations/{quote(destination, safe='')}"
