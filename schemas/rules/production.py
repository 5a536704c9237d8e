"""What would endanger real cases, and is therefore refused in production."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from schemas.configuration.problems import FileProblem

_LOCAL_NAME: Final = "localhost"


@dataclass(frozen=True, kw_only=True, slots=True)
class Premises:
    """Where an installation keeps what, and which Prefect server it shows runs on."""

    keys: Path
    data: tuple[Path, ...]
    """Folders of home, database, vault and archive."""
    prefect_url: str
    """Empty: it works without Prefect."""
    prefect_has_auth: bool


def dangers(premises: Premises) -> tuple[FileProblem, ...]:
    """Every reason not to start, with the variable that mends it."""
    return tuple(_of_keys(premises)) + tuple(_of_prefect(premises))


def _of_keys(premises: Premises) -> Iterator[FileProblem]:
    beside = any(_nested(premises.keys, folder) for folder in premises.data)
    if beside:
        yield FileProblem(
            file="AMTSWEG_KEYS",
            line=0,
            sentence="The key-encryption keys lie beside the data they protect.",
            remedy="Name a folder on another disk, and move the keys there.",
        )


def _of_prefect(premises: Premises) -> Iterator[FileProblem]:
    if not premises.prefect_url:
        return
    if not premises.prefect_has_auth:
        yield FileProblem(
            file="AMTSWEG_PREFECT_AUTH",
            line=0,
            sentence="The Prefect server would let everybody in.",
            remedy="Give it a name and a password, and set them as `name:password`.",
        )
    if not _is_local(premises.prefect_url):
        yield FileProblem(
            file="AMTSWEG_PREFECT_URL",
            line=0,
            sentence="The Prefect server is not on this machine.",
            remedy="Reach it through a local port with TLS and access control.",
        )


def _nested(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == _LOCAL_NAME
