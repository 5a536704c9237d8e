"""What ``amtsweg fitconnect import-p12`` does and prints."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer

from adapters.fitconnect.jose.algorithms import Algorithms
from adapters.fitconnect.jose.keys import PrivateKey
from adapters.fitconnect.keyring.checks import certificate_findings
from adapters.fitconnect.keyring.folder import KeyFolder, KeyPair
from adapters.fitconnect.keyring.making import pair_of, read_pkcs12
from adapters.secrets import MachineSecrets
from api.cli.fitconnect_keys import tell_keys, tell_rotation
from api.cli.fitconnect_sources import algorithms_of, tenant_to_name
from api.cli.house import CLOCK
from api.cli.output import note
from schemas.secrets import REMEDY, parse_reference
from storage.settings import Settings, read_settings

_LARGEST: Final = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Files:
    """Where the keys lie; the passwords are references, "" is asked for."""

    decryption: Path
    signing: Path
    password: str
    signing_password: str


def import_keys(name: str, files: Files, *, as_json: bool) -> None:
    """The first pair, or a further one.

    Raises Pkcs12Unusable, UnknownSource, ConfigurationInvalid, and as a folder does.
    """
    settings = read_settings()
    folder = KeyFolder(settings.keys_folder, name)
    tenant = tenant_to_name(settings, name)
    pair = _read(settings, files, algorithms_of(settings, name))
    _warn(pair)
    if folder.create(pair):
        tell_keys(settings, folder, tenant, is_new=True, as_json=as_json)
        return
    waiting = folder.take_in_waiting()
    if _same(folder.current(), pair):
        tell_keys(settings, folder, tenant, is_new=False, as_json=as_json)
        return
    is_new = waiting is None or not _same(waiting, pair)
    if is_new:
        folder.add(pair)
    tell_rotation(folder, tenant, is_new=is_new, as_json=as_json)


def _read(settings: Settings, files: Files, algorithms: Algorithms) -> KeyPair:
    password = _password(settings, files.password, files.decryption)
    other = password
    if files.signing_password != files.password:
        other = _password(settings, files.signing_password, files.signing)
    opens, signs = algorithms.key_encryption[0], algorithms.signature[0]
    return pair_of(
        _key(files.decryption, password, opens, "--decryption"),
        _key(files.signing, other, signs, "--signing"),
    )


def _key(path: Path, password: str, algorithm: str, option: str) -> PrivateKey:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST)
    except OSError as error:
        raise typer.BadParameter(
            f"The file cannot be read: {error.strerror}.", param_hint=option
        ) from None
    return read_pkcs12(raw, password, algorithm=algorithm)


def _password(settings: Settings, text: str, path: Path) -> str:
    """Never an argument: other people see the arguments of a process."""
    if not text:
        asked: str = typer.prompt(
            f"Password of {path.name}",
            hide_input=True,
            default="",
            err=True,
            show_default=False,
        )
        return asked
    found = parse_reference(text)
    if found is None:
        raise typer.BadParameter(REMEDY, param_hint="--password")
    return MachineSecrets(environ=os.environ, home=settings.home).read(found)


def _same(one: KeyPair, other: KeyPair) -> bool:
    return one.public() == other.public()


def _warn(pair: KeyPair) -> None:
    """An expired or wrong certificate is imported, and said."""
    for role, key in (("decryption", pair.decryption), ("signing", pair.signing)):
        for found in certificate_findings(key, role=f"{role} key", at=CLOCK.now()):
            if not found.ok:
                note(f"{found.subject}: {found.remedy}")
