"""The demonstration's mailbox: a FIT-Connect of one's own, and the source for it."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from storage.settings import Settings

SOURCE: Final = "fit-connect"
_FOLDER: Final = Path("demo") / "fitconnect"
_POLL_SECONDS: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class SandboxAccess:
    """What the sandbox wrote down of itself."""

    line: dict[str, Any]

    def text(self, *names: str) -> str:
        """A text by the names that lead to it."""
        found: Any = self.line
        for name in names:
            found = found[name]
        return str(found)


def sandbox_folder(settings: Settings) -> Path:
    """Where the demonstration's FIT-Connect keeps its state."""
    return settings.home / _FOLDER


def read_access(folder: Path) -> SandboxAccess:
    """Raises OSError before the sandbox's first start."""
    text = (folder / "sandbox.json").read_text(encoding="utf-8")
    return SandboxAccess(line=json.loads(text))


def write_source(settings: Settings) -> None:
    """The source that fetches from it; its secrets go into private files."""
    folder = sandbox_folder(settings)
    access = read_access(folder)
    for name, secret in (
        ("client-secret", access.text("subscriber", "client_secret")),
        ("callback-secret", access.text("callback", "secret")),
    ):
        _write_private(folder / name, secret)
    sources = settings.config_folder / "sources"
    sources.mkdir(parents=True, exist_ok=True)
    (sources / f"{SOURCE}.toml").write_text(_source(access), encoding="utf-8")


def _source(access: SandboxAccess) -> str:
    base = access.text("base_url")
    return f"""\
# Das Postfach der Vorführung: ein eigenes FIT-Connect auf diesem Rechner.
# `up --demo` schreibt diese Datei jedes Mal neu.
id = "{SOURCE}"
name = "Onlinedienste über FIT-Connect (Vorführung)"
adapter = "fitconnect"
poll_every = {_POLL_SECONDS}

[connection]
version = "v2"
token_url = "{access.text("token_url")}"
submission_url = "{base}"
destination_url = "{access.text("destination_api_url")}"
routing_url = "{access.text("routing_url")}"
self_service_issuer = "{access.text("portal_url")}"
destination = "{access.text("destination_id")}"
client_id = "{access.text("subscriber", "client_id")}"
client_secret = "file:{_FOLDER}/client-secret"
decryption_keys = ["file:{_FOLDER}/keys/destination-decryption.jwk.json"]
signing_key = "file:{_FOLDER}/keys/destination-signing.jwk.json"
callback_secret = "file:{_FOLDER}/callback-secret"
"""


def _write_private(file: Path, secret: str) -> None:
    file.unlink(missing_ok=True)
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as opened:
        opened.write(f"{secret}\n")
