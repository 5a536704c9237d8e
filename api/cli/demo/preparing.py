"""What the demonstration needs before it starts: a configuration, a sender's token."""

import asyncio
import hashlib
import os
import shutil
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from api.tokens import new_token
from schemas.clock import SystemClock
from schemas.ids import SenderId, TenantId
from schemas.services import Configuration
from storage.database import Database
from storage.ports import SenderToken
from storage.settings import Settings
from storage.tokens import SqlTokens

SENDER: Final = SenderId("demo-formularserver")
_EXAMPLE: Final = Path(__file__).parents[3] / "examples" / "kreis"
_EXAMPLE_PORT: Final = ":8093"
_MARK: Final = ".demo"


def copy_example(settings: Settings) -> bool:
    """The example as the operator's folder, unless there is one already.

    A copy that nobody has changed is made anew, so that it is never older than
    the code; one that somebody has changed is theirs. Whether it was copied.
    """
    if settings.config is not None:
        return False
    folder = settings.config_folder
    mark = folder / _MARK
    if folder.exists() and not (
        mark.exists() and mark.read_text(encoding="ascii") == _content_of(folder)
    ):
        return False
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_EXAMPLE, folder)
    for path in sorted((folder / "destinations").glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        port = f":{settings.specialist_port}"
        path.write_text(text.replace(_EXAMPLE_PORT, port), encoding="utf-8")
    mark_copied(settings)
    return True


def mark_copied(settings: Settings) -> None:
    """What is in the folder now came from us."""
    folder = settings.config_folder
    (folder / _MARK).write_text(_content_of(folder), encoding="ascii")


def specialist_port(configuration: Configuration) -> int | None:
    """Where the configuration expects a specialist system on this machine."""
    for destination in configuration.destinations.values():
        address = destination.connection.get("base_url", "")
        url = urlsplit(address if isinstance(address, str) else "")
        if url.port and url.hostname and _is_here(url.hostname):
            return url.port
    return None


async def prepare_token(database: Database, tenant: TenantId, file: Path) -> None:
    """A token for the demonstration's form server, kept in a private file."""
    tokens = SqlTokens(database, SystemClock())
    known = await asyncio.to_thread(_read, file)
    if known and await tokens.find(known):
        return
    secret = new_token(os.urandom)
    await asyncio.to_thread(_write, file, secret)
    token = SenderToken(
        tenant=tenant, sender=SENDER, offices=frozenset(), services=frozenset()
    )
    await tokens.create(token, secret)


def _read(file: Path) -> str:
    return file.read_text(encoding="ascii").strip() if file.exists() else ""


def _write(file: Path, secret: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as opened:
        opened.write(f"{secret}\n")


def _content_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != _MARK:
            digest.update(f"{path.relative_to(folder)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
