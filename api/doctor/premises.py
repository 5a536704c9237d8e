"""The machine's side: environment, folders, room, keys, configuration."""

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from api.doctor.results import Result, bad, doubtful, failed, good, problems
from schemas.errors import EngineError
from schemas.ids import KeyName
from schemas.limits import FREE_SPACE_FLOOR, MIB
from schemas.rules.production import dangers
from schemas.secrets import FromEnvironment, parse_reference
from schemas.services import Configuration, Mode, Setting
from storage.settings import PREFIX, Settings
from storage.vault.keyfolder import KeyFolder
from storage.wiring import mode_of, premises_of

_PLENTY: Final = 8 * FREE_SPACE_FLOOR
_ELSEWHERE: Final = frozenset(
    {"AMTSWEG_TENANT", "AMTSWEG_TOKEN", "AMTSWEG_TEST_POSTGRES"}
)
"""Read by the command line, by one command, or by the tests."""


def environment(
    environ: Mapping[str, str], configuration: Configuration | None
) -> Result:
    """Variables that are ours by name and that nobody reads: mistyped, mostly."""
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    named = {name for name in environ if name.upper().startswith(PREFIX)}
    secrets = _variables(configuration) if configuration else set[str]()
    unknown = sorted(
        name for name in named - secrets if name.upper() not in known | _ELSEWHERE
    )
    if not unknown:
        return good("environment")
    return doubtful(
        "environment",
        f"Nobody reads {', '.join(unknown)}.",
        "Correct the name, or unset it; docs/operations.md lists them all.",
    )


def home(settings: Settings) -> Result:
    """The folder of all state: there, ours, and closed to others."""
    path = settings.home
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return bad("home", f"{path} is not there.", "Run `amtsweg db upgrade`.")
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return bad("home", f"{path} cannot be written.", "Give it to this account.")
    if mode & stat.S_IRWXO:
        return bad("home", f"{path} is open to everybody.", f"chmod 700 {path}")
    if mode & stat.S_IRWXG:
        return doubtful("home", f"{path} is open to its group.", f"chmod 700 {path}")
    return good("home", str(path))


def room(settings: Settings) -> Iterable[Result]:
    """Free space where documents and packages are written."""
    places = {
        "vault": settings.vault_folder,
        "archive": settings.archive_folder,
        "home": settings.home,
    }
    seen: set[int] = set()
    for name, path in places.items():
        folder = _existing(path)
        device = folder.stat().st_dev
        if device not in seen:
            seen.add(device)
            yield _room_at(f"free space ({name})", folder)


def keys(settings: Settings, mode: Mode) -> tuple[Result, ...]:
    """The current key can be read, and its export lies elsewhere."""
    folder = KeyFolder(settings.keys_folder)
    try:
        names = folder.names()
        if not names:
            return (_no_key(mode),)
        current = folder.current()
        for name in names:
            folder.read(name)
    except EngineError as error:
        return failed("keys", error)
    if current is None or current not in names:
        return (
            bad(
                "keys",
                "No key is the current one.",
                "Write the name of the active key into keys/current.",
            ),
        )
    return tuple(_export(folder, name, current) for name in names)


def production(settings: Settings, configuration: Configuration) -> tuple[Result, ...]:
    """What would be refused with real cases."""
    if mode_of(settings, configuration.installation) is Mode.TRIAL:
        return (good("mode", "trial: not meant for real cases"),)
    found = dangers(premises_of(settings))
    return problems("mode", found) or (good("mode", "production"),)


def _no_key(mode: Mode) -> Result:
    if mode is Mode.PRODUCTION:
        return bad("keys", "There is no key.", "Run `amtsweg key rotate` to make one.")
    return doubtful(
        "keys", "There is no key yet.", "The first `amtsweg up` or `serve` makes one."
    )


def _export(folder: KeyFolder, name: KeyName, current: KeyName) -> Result:
    subject = f"key {name}"
    what = "current" if name == current else "only unwraps"
    if folder.is_exported(name):
        return good(subject, f"{what}, exported")
    return doubtful(
        subject,
        f"{what}; it was never exported: without it no backup can be read.",
        f"Run `amtsweg key export {name} --output FILE` and keep FILE elsewhere.",
    )


def _room_at(subject: str, folder: Path) -> Result:
    system = os.statvfs(folder)
    free = system.f_bavail * system.f_frsize
    detail = f"{free // MIB} MiB"
    remedy = "Free space, or move the folder to a bigger disk."
    if free < FREE_SPACE_FLOOR:
        return bad(subject, f"{detail}: the door takes nothing in.", remedy)
    if free < _PLENTY:
        return doubtful(subject, detail, remedy)
    return good(subject, detail)


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _variables(configuration: Configuration) -> set[str]:
    connections = (
        *(one.connection for one in configuration.destinations.values()),
        *(one.connection for one in configuration.sources.values()),
    )
    return {
        reference.variable
        for connection in connections
        for value in _texts(connection)
        if isinstance(reference := parse_reference(value), FromEnvironment)
    }


def _texts(setting: Setting) -> Iterable[str]:
    match setting:
        case str():
            yield setting
        case Mapping():
            for value in setting.values():
                yield from _texts(value)
        case tuple():
            for value in setting:
                yield from _texts(value)
        case _:
            return
