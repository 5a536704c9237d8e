"""A small valid folder, and how to spoil it."""

from collections.abc import Mapping
from typing import Final

from schemas.configuration.check_policy import PackCheck, any_pack
from schemas.configuration.problems import ConfigProblem
from schemas.configuration.source import ConfigFile
from schemas.configuration.whole import (
    AdapterCheck,
    Configured,
    Folder,
    Found,
    Verdict,
    configure,
)
from schemas.services import Configuration

INSTALLATION: Final = """\
tenant = "musterland"
name = "Kreis Musterland"
mode = "trial"

[offices.sozialamt]
name = "Sozialamt"
"""
WOHNGELD: Final = """\
leika = "99107023017000"
name = "Wohngeld für Mieter"
office = "sozialamt"
process = "standard"
destinations = ["fach"]
deadline = "6w"
retention_class = "10-jahre"
"""
FACH: Final = """\
id = "fach"
name = "Fachverfahren"
adapter = "memory"
"""
SERVICE = "services/wohngeld.toml"
DESTINATION = "destinations/fach.toml"
FILES: Final[dict[str, str | bytes]] = {
    "installation.toml": INSTALLATION,
    SERVICE: WOHNGELD,
    DESTINATION: FACH,
}


def permissive(configured: Configured) -> tuple[ConfigProblem, ...]:
    """An adapter that takes everything."""
    return ()


def judged(
    files: Mapping[str, str | bytes],
    check: AdapterCheck = permissive,
    *,
    packs: PackCheck = any_pack,
) -> Verdict:
    """What comes of a folder with these files."""

    def of(beginning: str) -> tuple[Found, ...]:
        return tuple(
            ConfigFile(
                file=name, raw=text if isinstance(text, bytes) else text.encode()
            )
            for name, text in sorted(files.items())
            if name.startswith(beginning)
        )

    folder = Folder(
        installation=of("installation"),
        services=of("services/"),
        destinations=of("destinations/"),
        sources=of("sources/"),
    )
    return configure(folder, check, packs)


def said(
    files: Mapping[str, str | bytes], check: AdapterCheck = permissive
) -> list[str]:
    """The problems of a folder, as people read them."""
    verdict = judged(files, check)
    if isinstance(verdict, Configuration):
        return []
    return [str(problem) for problem in verdict]


def configured(files: Mapping[str, str | bytes]) -> Configuration:
    """The configuration of a folder that has no problem."""
    verdict = judged(files)
    assert isinstance(verdict, Configuration), verdict
    return verdict


def spoilt(file: str, old: str, new: str) -> dict[str, str | bytes]:
    """The valid folder with one thing changed in one file."""
    valid = str(FILES[file])
    assert old in valid
    return FILES | {file: valid.replace(old, new)}
