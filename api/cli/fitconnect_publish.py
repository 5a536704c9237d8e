"""What ``amtsweg fitconnect publish`` does and prints."""

import asyncio
import os
from collections.abc import Mapping

from adapters.base import Surroundings
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.inbox.settings import FitConnectSource, parse_source
from adapters.fitconnect.keyring.folder import KeyFolder
from adapters.fitconnect.keyring.publishing import Publication, publish
from adapters.memory import MemoryNotes
from adapters.secrets import MachineSecrets
from api.cli.fitconnect_keys import pair_json, say_pair
from api.cli.house import CLOCK, configuration_of
from api.cli.output import note, say, say_json
from schemas.errors import ConfigurationInvalid, UnknownSource
from schemas.fields import Fields
from schemas.sources import Source
from storage.settings import Settings, read_settings

ADAPTER = "fitconnect"


def publish_keys(name: str, *, as_json: bool) -> None:
    """Raises UnknownSource, ConfigurationInvalid, ApiFailure and KeysMissing."""
    settings = read_settings()
    folder = KeyFolder(settings.keys_folder, name)
    source = settings_of(known_sources(settings, name)[name])
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


def known_sources(settings: Settings, name: str) -> Mapping[str, Source]:
    """Sources of FIT-Connect; with a name this one. Raises UnknownSource."""
    known = {
        str(one.id): one
        for one in configuration_of(settings).sources.values()
        if one.adapter == ADAPTER
    }
    if not name:
        return known
    if name not in known:
        listed = ", ".join(sorted(known)) or "none"
        raise UnknownSource(f"FIT-Connect sources are: {listed}.")
    return {name: known[name]}


def settings_of(source: Source) -> FitConnectSource:
    """Its connection. Raises ConfigurationInvalid."""
    fields = Fields(source.connection, "connection")
    read = parse_source(fields)
    problems = fields.finish()
    if problems:
        raise ConfigurationInvalid(f"source {source.id}: {problems[0].sentence}")
    return read


def surroundings_of(settings: Settings) -> Surroundings:
    """This machine."""
    return Surroundings(
        secrets=MachineSecrets(environ=os.environ, home=settings.home),
        home=settings.home,
        clock=CLOCK,
        notes=MemoryNotes(),
        config=settings.config_folder,
    )


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
