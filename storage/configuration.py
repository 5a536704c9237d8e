"""Reads the operator's configuration folder."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from schemas.checking.outside import Meanings
from schemas.checking.outside_file import MEANINGS, parse_meanings, shipped_meanings
from schemas.configuration.check_policy import PackCheck, any_pack
from schemas.configuration.problems import FileProblem
from schemas.configuration.source import ConfigFile
from schemas.configuration.whole import (
    DESTINATIONS,
    INSTALLATION,
    SERVICES,
    SOURCES,
    AdapterCheck,
    Folder,
    Found,
    configure,
)
from schemas.errors import ConfigurationInvalid
from schemas.services import Configuration

_ENDING: Final = ".toml"


def load(
    folder: Path, adapters: AdapterCheck, packs: PackCheck = any_pack
) -> Configuration:
    """The configuration in a folder, validated as a whole.

    Blocks, and is meant for start. Raises ConfigurationInvalid with every problem.
    """
    try:
        found = _look_into(folder)
    except OSError as error:
        raise _no_folder(
            folder, f"The folder cannot be read: {_why(error)}."
        ) from error
    if not (found.installation or found.services or found.destinations):
        raise _no_folder(folder, "The folder holds no configuration.")
    verdict = configure(found, adapters, packs)
    meanings = _meanings(folder)
    problems = (
        *(() if isinstance(verdict, Configuration) else verdict),
        *(meanings if isinstance(meanings, tuple) else ()),
    )
    if problems or not isinstance(verdict, Configuration):
        raise ConfigurationInvalid(problems=problems)
    return verdict


def load_meanings(folder: Path) -> Meanings:
    """What findings mean outside: as shipped, but for what ``meanings.toml`` changes.

    Blocks. Raises ConfigurationInvalid with every problem of the file.
    """
    found = _meanings(folder)
    if isinstance(found, tuple):
        raise ConfigurationInvalid(problems=found)
    return found


def _meanings(folder: Path) -> Meanings | tuple[FileProblem, ...]:
    if not (folder / MEANINGS).exists():
        return shipped_meanings()
    file = _read(folder, MEANINGS)
    return (file,) if isinstance(file, FileProblem) else parse_meanings(file)


def _look_into(folder: Path) -> Folder:
    names = {path.name for path in folder.iterdir()}
    installation = (_read(folder, INSTALLATION),) if INSTALLATION in names else ()
    return Folder(
        installation=installation,
        services=tuple(_files(folder, SERVICES)) if SERVICES in names else (),
        destinations=(
            tuple(_files(folder, DESTINATIONS)) if DESTINATIONS in names else ()
        ),
        sources=tuple(_files(folder, SOURCES)) if SOURCES in names else (),
    )


def _files(folder: Path, section: str) -> Iterable[Found]:
    """Its files by name; what looks forgotten is a problem, what is hidden is not."""
    try:
        paths = sorted((folder / section).iterdir())
    except OSError as error:
        yield _unread(section, error)
        return
    for path in paths:
        name = f"{section}/{path.name}"
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield FileProblem(
                file=name,
                line=0,
                sentence="Folders within this one are not read.",
                remedy=f"Move its files to {section}/, or the folder elsewhere.",
            )
        elif path.suffix == _ENDING:
            yield _read(folder, name)
        elif path.suffix.lower() == _ENDING:
            yield FileProblem(
                file=name,
                line=0,
                sentence="Only names that end in .toml are read.",
                remedy=f"Rename it to {path.stem}{_ENDING}.",
            )


def _read(folder: Path, name: str) -> Found:
    path = folder / name
    if path.exists() and not path.is_file():
        # A pipe, say: reading it would wait for ever.
        return FileProblem(
            file=name,
            line=0,
            sentence="It is not a file.",
            remedy="Put a plain text file in its place.",
        )
    try:
        return ConfigFile(file=name, raw=path.read_bytes())
    except OSError as error:
        return _unread(name, error)


def _unread(name: str, error: OSError) -> FileProblem:
    return FileProblem(
        file=name,
        line=0,
        sentence=f"It cannot be read: {_why(error)}.",
        remedy="Let the user who runs Amtsweg read it.",
    )


def _why(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()


def _no_folder(folder: Path, sentence: str) -> ConfigurationInvalid:
    problem = FileProblem(
        file=str(folder),
        line=0,
        sentence=sentence,
        remedy="Name the folder that holds installation.toml; examples/kreis is one.",
    )
    return ConfigurationInvalid(problems=(problem,))
