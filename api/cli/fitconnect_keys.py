"""What ``amtsweg fitconnect keygen`` and ``rotate`` do and print."""

import json
from collections.abc import Mapping

import typer

from adapters.fitconnect.jose.algorithms import Algorithms
from adapters.fitconnect.jose.json_object import write_object
from adapters.fitconnect.jose.keys import PrivateKey
from adapters.fitconnect.keyring.certificates import (
    common_name,
    is_self_signed,
    valid_until,
)
from adapters.fitconnect.keyring.folder import (
    DECRYPTION,
    PUBLIC,
    SIGNING,
    Jwk,
    KeyFolder,
    KeyPair,
)
from adapters.fitconnect.keyring.making import made_pair, with_self_signed
from api.cli.errors import REFUSED
from api.cli.fitconnect_sources import algorithms_of, command_for, tenant_to_name
from api.cli.house import CLOCK
from api.cli.output import Json, Progress, note, say, say_fields, say_json, stamp
from schemas.ids import TenantId
from storage.settings import Settings, read_settings


def make_keys(name: str, title: str, *, certified: bool, as_json: bool) -> None:
    """The first pair.

    Raises KeyNameUnusable, UnknownSource, ConfigurationInvalid, StorageBroken.
    """
    settings = read_settings()
    folder = KeyFolder(settings.keys_folder, name)
    tenant = tenant_to_name(settings, name)
    is_new = False
    if not folder.exists():
        algorithms = algorithms_of(settings, name)
        is_new = folder.create(new_pair(algorithms, title or name, certified=certified))
    tell_keys(settings, folder, tenant, is_new=is_new, as_json=as_json)


def rotate_keys(name: str, *, self_signed: bool, as_json: bool) -> None:
    """A further pair, or the one that waits already.

    Raises KeysMissing, UnknownSource, ConfigurationInvalid, Exit.
    """
    settings = read_settings()
    folder = KeyFolder(settings.keys_folder, name)
    tenant = tenant_to_name(settings, name)
    for old in folder.retire(at=CLOCK.now()):
        note(f"{old.kid} is put aside: nothing can be encrypted for it any more.")
    is_new = folder.take_in_waiting() is None
    if is_new:
        current = folder.current().decryption
        if current.certificates and not (self_signed or is_self_signed(current)):
            note("The certificates in use were issued by an authority.")
            note("→ Order new ones; then `amtsweg fitconnect import-p12`.")
            raise typer.Exit(REFUSED)
        title = common_name(current) or name
        algorithms = algorithms_of(settings, name)
        folder.add(new_pair(algorithms, title, certified=bool(current.certificates)))
    tell_rotation(folder, tenant, is_new=is_new, as_json=as_json)


def new_pair(algorithms: Algorithms, title: str, *, certified: bool) -> KeyPair:
    """Two keys; making them takes seconds."""
    progress = Progress()
    progress.show("Making two keys of 4096 bits")
    try:
        pair = made_pair(algorithms=algorithms)
    finally:
        progress.end()
    return with_self_signed(pair, name=title, at=CLOCK.now()) if certified else pair


def tell_keys(
    settings: Settings,
    folder: KeyFolder,
    tenant: TenantId | None,
    *,
    is_new: bool,
    as_json: bool,
) -> None:
    """What there is, what to configure, and what to register.

    A ``tenant`` is one that the source has to name.
    """
    pair = folder.current()
    if as_json:
        whose: dict[str, Json] = {"tenant": tenant} if tenant else {}
        say_json(whose | _json(settings, folder, pair, is_new=is_new))
        return
    if not is_new:
        note("There are keys of this name already; nothing was made or changed.")
    say_pair(pair)
    say()
    _tell_steps(settings, folder, tenant)
    if is_self_signed(pair.decryption):
        note("These certificates serve in the test environment only; production needs")
        note("those of the Verwaltungs-PKI: `amtsweg fitconnect import-p12`.")
    if is_new:
        note(f"Keep a copy of {folder.path} apart: what is encrypted for")
        note("these keys can be read by nobody without them.")


def _tell_steps(settings: Settings, folder: KeyFolder, tenant: TenantId | None) -> None:
    say(f"1. Write into sources/{folder.name}.toml:")
    say()
    if tenant:
        say(f'   tenant = "{tenant}"')
        say()
    say("   [connection]")
    say(f'   decryption_keys = ["{reference(settings, folder, DECRYPTION)}"]')
    say(f'   signing_key = "{reference(settings, folder, SIGNING)}"')
    say()
    say(f"2. Register both keys of {folder.path / PUBLIC}")
    say("   at the destination in the Self-Service-Portal, or let")
    say(f"   {command_for(tenant, f'fitconnect publish {folder.name}')} do it.")
    check = command_for(tenant, f"fitconnect check {folder.name}")
    say(f"3. Prove it with {check}.")


def tell_rotation(
    folder: KeyFolder, tenant: TenantId | None, *, is_new: bool, as_json: bool
) -> None:
    """What waits now, and what to do."""
    pair = folder.waiting() or folder.current()
    if as_json:
        say_json({"name": folder.name, "made": is_new, **pair_json(pair)})
        return
    if not is_new:
        note("A pair is waiting already; nothing was made or changed.")
    say_pair(pair)
    say()
    publish = command_for(tenant, f"fitconnect publish {folder.name}")
    say(f"Publish it: {publish}.")
    say("Until then the old pair is used; what is encrypted for the new one opens too.")


def say_pair(pair: KeyPair) -> None:
    """Both keys, for people."""
    say_fields(
        [
            ("decryption key", f"{pair.decryption.kid}{_until(pair.decryption)}"),
            ("signing key", f"{pair.signing.kid}{_until(pair.signing)}"),
        ]
    )


def pair_json(pair: KeyPair) -> dict[str, Json]:
    """Both keys, for programs."""
    return {
        "decryption_kid": pair.decryption.kid,
        "signing_kid": pair.signing.kid,
        "decryption_valid_until": stamp(valid_until(pair.decryption)),
        "signing_valid_until": stamp(valid_until(pair.signing)),
    }


def reference(settings: Settings, folder: KeyFolder, file: str) -> str:
    """As a configuration names it."""
    path = folder.path / file
    if path.is_relative_to(settings.home):
        path = path.relative_to(settings.home)
    return f"file:{path}"


def _json(
    settings: Settings, folder: KeyFolder, pair: KeyPair, *, is_new: bool
) -> dict[str, Json]:
    encryption, signing = pair.public()
    return {
        "name": folder.name,
        "made": is_new,
        "folder": str(folder.path),
        **pair_json(pair),
        "connection": {
            "decryption_keys": [reference(settings, folder, DECRYPTION)],
            "signing_key": reference(settings, folder, SIGNING),
        },
        "encryptionPublicKey": _plain(encryption),
        "signingPublicKey": _plain(signing),
    }


def _plain(jwk: Jwk) -> Mapping[str, Json]:
    plain: Mapping[str, Json] = json.loads(write_object(dict(jwk)))
    return plain


def _until(key: PrivateKey) -> str:
    until = valid_until(key)
    if until is None:
        return ", no certificate"
    kind = "self-signed" if is_self_signed(key) else "certified"
    return f", {kind} until {until:%d.%m.%Y}"
