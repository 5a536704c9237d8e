"""Keys on paper and back: ``amtsweg key export`` and ``restore``."""

import os
import sys
from pathlib import Path
from typing import Final

import typer

from adapters.fitconnect.keyring.folder import folder_of
from api.cli.house import CLOCK
from api.cli.output import note, say
from schemas.ids import KeyName
from storage.settings import read_settings
from storage.vault.keys import KeyRing

_PRIVATE: Final = 0o600
_LARGEST: Final = 10_000


def export_key(name: str, output: Path | None) -> None:
    """Write the text, then remember that it was taken away. Raises KeyMissing."""
    folder = read_settings().keys_folder
    ring = _ring(folder)
    key = KeyName(name) if name else ring.current_name()
    text = ring.export(key)
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        _write(output, text)
        note(f"Written to {output}. Keep it apart from the data and its backups.")
    ring.mark_exported(key)
    _name_the_others(folder_of(folder))


def restore_key(file: Path) -> None:
    """Put it back. Raises ConfigurationInvalid for a text with an error."""
    try:
        text = file.read_text(encoding="ascii", errors="replace")[:_LARGEST]
    except OSError as error:
        raise typer.BadParameter(
            f"The file cannot be read: {error.strerror}.", param_hint="FILE"
        ) from None
    name = _ring(read_settings().keys_folder).restore(text)
    say(f"Key {name} is there.")


def _write(path: Path, text: str) -> None:
    """A new file only: overwriting could destroy the export of another key."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(path, flags, _PRIVATE), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise typer.BadParameter(
            f"The file cannot be written: {error.strerror}.", param_hint="--output"
        ) from None


def _name_the_others(folder: Path) -> None:
    """What is written here opens all that was taken in; this opens what comes."""
    if folder.is_dir():
        note(
            f"Keep {folder} apart, too: the private keys of FIT-Connect are not in "
            "this text. Without them nobody can open what waits in your mailboxes."
        )


def _ring(folder: Path) -> KeyRing:
    return KeyRing(folder, may_create=False, clock=CLOCK)
