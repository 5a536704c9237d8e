"""What ``amtsweg fitconnect publish`` does and prints."""

import asyncio

from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.inbox.settings import FitConnectSource
from adapters.fitconnect.keyring.folder import KeyFolder
from adapters.fitconnect.keyring.publishing import Publication, publish
from api.cli.fitconnect_keys import pair_json, say_pair
from api.cli.fitconnect_sources import own_source, settings_of
from api.cli.house import CLOCK
from api.cli.output import note, say, say_json
from api.doctor.outside import surroundings_of
from storage.settings import Settings, read_settings


def publish_keys(name: str, *, as_json: bool) -> None:
    """Raises UnknownSource, ConfigurationInvalid, ApiFailure and KeysMissing."""
    settings = read_settings()
    folder = KeyFolder(settings.keys_folder, name)
    source = settings_of(own_source(settings, name))
    done = asyncio.run(_publish(settings, source, folder))
    if as_json:
        say_json(
            {
                "name": name,
                "added": list(done.added),
                "switched": done.is_switched,
                "rotated": done.is_rotated,
                **pair_json(folder.current()),
            }
        )
        return
    _tell(folder, done)


async def _publish(
    settings: Settings, source: FitConnectSource, folder: KeyFolder
) -> Publication:
    client = FitConnectClient(
        source.environment, source.credentials, surroundings_of(settings)
    )
    try:
        return await publish(client, source.destination, folder, at=CLOCK.now())
    finally:
        await client.aclose()


def _tell(folder: KeyFolder, done: Publication) -> None:
    say_pair(folder.current())
    if not (done.added or done.is_switched or done.is_rotated):
        say("Everything was published already; nothing was changed.")
        return
    say(f"{len(done.added)} keys were published.")
    if done.is_switched:
        say("Senders encrypt for the new key from now on.")
    if done.is_rotated:
        note("The old key for decryption stays for three weeks; keep the old")
        note("signature keys published: what they signed must still verify.")
