"""Keys of a destination: made, published, rotated and checked against a sandbox."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from adapters.base import Surroundings
from adapters.fitconnect.client.failures import NotLinked
from adapters.fitconnect.client.requests import Api
from adapters.fitconnect.client.settings import (
    Credentials,
    Environment,
    Generation,
)
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.jose.jwe import Keyring, decrypt, encrypt
from adapters.fitconnect.jose.jws import sign, verify
from adapters.fitconnect.keyring.errors import OtherKeyPublished
from adapters.fitconnect.keyring.folder import KeyFolder, KeyPair
from adapters.fitconnect.keyring.making import with_self_signed
from adapters.fitconnect.keyring.publishing import missing, publish
from adapters.memory import MemoryNotes
from adapters.secrets import MachineSecrets
from schemas.clock import SystemClock
from schemas.secrets import FromEnvironment
from tests.command_line import CommandLine, install
from tests.counterparts.fitconnect import Credentials as Client
from tests.counterparts.fitconnect import Pointed, fitconnect_here
from tests.fitconnect_keys import test_key

NOW: Final = datetime.now(UTC)
FIRST: Final = with_self_signed(
    KeyPair(decryption=test_key("destination"), signing=test_key("sign-destination")),
    name="Bauamt",
    at=NOW,
)
SECOND: Final = with_self_signed(
    KeyPair(decryption=test_key("decryption-2"), signing=test_key("signing-2")),
    name="Bauamt",
    at=NOW,
)
PASSWORD: Final = "p12-geheim"


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Pointed]:
    async with fitconnect_here(tmp_path / "sandbox") as pointed:
        yield pointed


@pytest.fixture(params=["v1", "v2"])
async def client(
    request: pytest.FixtureRequest, sandbox: Pointed, tmp_path: Path
) -> AsyncIterator[FitConnectClient]:
    made = client_of(sandbox, sandbox.subscriber, tmp_path, Generation(request.param))
    yield made
    await made.aclose()


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    made = KeyFolder(tmp_path / "keys", "bauamt")
    made.create(FIRST)
    return made


@pytest.fixture
def lightly(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    return install(tmp_path / "home", sqlite_url, monkeypatch.setenv)


def client_of(
    sandbox: Pointed, client: Client, home: Path, version: Generation = Generation.V2
) -> FitConnectClient:
    is_new = version is Generation.V2
    environment = Environment(
        token_url=sandbox.token_url,
        submission_url=sandbox.base_url,
        destination_url=f"{sandbox.base_url}/destination-api" if is_new else "",
        destination_version=version.value,
        routing_url="",
        routing_version="v2",
        version=version,
        service_issuers=frozenset({sandbox.base_url}),
        self_service_issuer="",
    )
    return FitConnectClient(
        environment,
        Credentials(
            client_id=client.client_id, client_secret=FromEnvironment(variable="SECRET")
        ),
        Surroundings(
            secrets=MachineSecrets(environ={"SECRET": client.client_secret}, home=home),
            home=home,
            clock=SystemClock(),
            notes=MemoryNotes(),
        ),
    )


async def encryption_kid(client: FitConnectClient, destination: str) -> object:
    return (await client.destination(destination))["encryptionKid"]


async def test_what_is_published_is_left_alone(
    client: FitConnectClient, sandbox: Pointed, folder: KeyFolder
) -> None:
    done = await publish(client, sandbox.destination, folder, at=NOW)

    assert (done.added, done.is_switched, done.is_rotated) == ((), False, False)
    assert await missing(client, sandbox.destination, folder.published()) == ()


async def test_a_rotation_leaves_no_moment_without_keys(
    client: FitConnectClient, sandbox: Pointed, folder: KeyFolder
) -> None:
    old = await client.destination_key(sandbox.destination, FIRST.decryption.kid)
    sent_before = encrypt(old, b"{}", content_type="application/json")
    answered_before = sign(folder.current().signing, {"n": 1})
    folder.add(SECOND)
    done = await publish(client, sandbox.destination, folder, at=NOW)

    kids = (SECOND.decryption.kid, SECOND.signing.kid)
    assert (done.added, done.is_switched, done.is_rotated) == (kids, True, True)
    assert await encryption_kid(client, sandbox.destination) == kids[0]
    new = await client.destination_key(sandbox.destination, kids[0])
    sent_after = encrypt(new, b"{}", content_type="application/json")
    ring = Keyring(folder.decryption())
    assert [decrypt(ring, one, limit=9) for one in (sent_before, sent_after)] == [
        b"{}",
        b"{}",
    ]
    answered_after = sign(folder.current().signing, {"n": 2})
    for token, kid in (
        (answered_before, FIRST.signing.kid),
        (answered_after, kids[1]),
    ):
        key = await client.destination_key(sandbox.destination, kid)
        assert verify(token, key, kind="secevent+jwt")


@pytest.mark.parametrize("done_before", range(3))
async def test_a_publication_that_broke_off_is_finished_by_the_next(
    client: FitConnectClient, sandbox: Pointed, folder: KeyFolder, done_before: int
) -> None:
    folder.add(SECOND)
    for jwk in SECOND.public()[:done_before]:
        await client.post(
            f"/destinations/{sandbox.destination}/keys",
            json.dumps(dict(jwk)).encode(),
            content_type="application/json",
            api=Api.DESTINATION,
        )
    done = await publish(client, sandbox.destination, folder, at=NOW)

    assert len(done.added) == 2 - done_before
    assert (done.is_switched, done.is_rotated) == (True, True)
    assert folder.current() == SECOND


async def test_another_key_under_our_id_stops_everything(
    client: FitConnectClient, sandbox: Pointed, tmp_path: Path
) -> None:
    confused = KeyFolder(tmp_path / "other", "bauamt")
    confused.create(
        KeyPair(
            decryption=replace(SECOND.decryption, kid=FIRST.decryption.kid),
            signing=SECOND.signing,
        )
    )

    with pytest.raises(OtherKeyPublished):
        await publish(client, sandbox.destination, confused, at=NOW)
    assert await encryption_kid(client, sandbox.destination) == FIRST.decryption.kid
    assert await missing(client, sandbox.destination, confused.published()) == (
        FIRST.decryption.kid,
        SECOND.signing.kid,
    )


async def test_nothing_is_promoted_where_publishing_is_refused(
    sandbox: Pointed, folder: KeyFolder, tmp_path: Path
) -> None:
    folder.add(SECOND)
    stranger = client_of(sandbox, sandbox.sender, tmp_path)

    with pytest.raises(NotLinked):
        await publish(stranger, sandbox.destination, folder, at=NOW)
    assert folder.current() == FIRST
    assert folder.waiting() == SECOND
    await stranger.aclose()
