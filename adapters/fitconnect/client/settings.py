"""What an operator can set of FIT-Connect's interfaces, whichever way things go."""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from adapters.fitconnect.jose.algorithms import KNOWN, PRESCRIBED, Algorithms
from schemas.fields import Fields
from schemas.limits import CALL_DEADLINE
from schemas.secrets import FromFile, SecretReference, parse_reference

CONNECT_DEADLINE: Final = timedelta(seconds=10)
TRANSFER_DEADLINE: Final = timedelta(minutes=30)
"""Of one attachment: 500 MB at 2.3 Mbit/s."""
_LONGEST_TRANSFER: Final = timedelta(hours=6)
_FILE: Final = Path(__file__).with_name("environments.toml")


class Generation(Enum):
    """Of the interface; both are alive."""

    V1 = "v1"
    V2 = "v2"


class EnvironmentName(Enum):
    """Whose addresses are known; ``own`` names none."""

    TEST = "test"
    STAGE = "stage"
    PROD = "prod"
    OWN = "own"


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """Addresses without a slash at their end ("" where there is none); algorithms."""

    token_url: str
    submission_url: str
    """Without version."""
    destination_url: str
    """Without version; v1 had the same paths under the submission address."""
    destination_version: str
    routing_url: str
    """Without version."""
    routing_version: str
    version: Generation
    service_issuers: frozenset[str]
    """``iss`` of the service's own events."""
    self_service_issuer: str
    """``iss`` of what the portal signs: the routes."""
    ca: tuple[FromFile, ...] = ()
    """Own certificate authority: one or none."""
    deadline: timedelta = CALL_DEADLINE
    transfer_deadline: timedelta = TRANSFER_DEADLINE
    algorithms: Algorithms = PRESCRIBED

    @property
    def is_anonymous(self) -> bool:
        """Whether destinations are read without a token."""
        return self.version is Generation.V2


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """Of one client, as the portal gave them out."""

    client_id: str | SecretReference
    client_secret: SecretReference


def parse_environment(fields: Fields) -> Environment:
    """Read it out of ``[connection]``; problems are noted in ``fields``."""
    name = fields.choice("environment", EnvironmentName, default=EnvironmentName.OWN)
    version = fields.choice("version", Generation, default=Generation.V2)
    known = _known(name, version)
    submission = _address(fields, "submission_url", known.get("submission_url"))
    return Environment(
        token_url=_address(fields, "token_url", known.get("token_url")),
        submission_url=submission,
        destination_url=_optional(fields, "destination_url", known),
        destination_version=fields.text("destination_version", "v1"),
        routing_url=_optional(fields, "routing_url", known),
        routing_version=fields.text("routing_version", "v2"),
        version=version,
        service_issuers=frozenset(fields.texts("service_issuers") or (submission,)),
        self_service_issuer=_optional(fields, "self_service_issuer", known),
        ca=_certificate_authority(fields),
        deadline=_seconds(fields, "deadline", CALL_DEADLINE, CALL_DEADLINE),
        transfer_deadline=_seconds(
            fields, "transfer_deadline", TRANSFER_DEADLINE, _LONGEST_TRANSFER
        ),
        algorithms=_algorithms(fields.inner("algorithms")),
    )


def parse_credentials(fields: Fields) -> Credentials | None:
    """Read ``client_id`` and ``client_secret``; None where a problem is noted."""
    client_id = fields.text("client_id")
    secret = fields.secret("client_secret")
    if secret is None or not client_id:
        return None
    return Credentials(
        client_id=parse_reference(client_id) or client_id, client_secret=secret
    )


def _algorithms(fields: Fields) -> Algorithms:
    usual, known = PRESCRIBED, KNOWN
    return Algorithms(
        key_encryption=_chosen(
            fields, "key_encryption", usual.key_encryption, known.key_encryption
        ),
        content_encryption=_chosen(
            fields,
            "content_encryption",
            usual.content_encryption,
            known.content_encryption,
        ),
        signature=_chosen(fields, "signature", usual.signature, known.signature),
    )


def _chosen(
    fields: Fields, name: str, usual: tuple[str, ...], known: tuple[str, ...]
) -> tuple[str, ...]:
    """Out of those that the code holds sound; a setting brings no other in."""
    chosen = fields.texts(name, usual)
    if chosen and set(chosen) <= set(known):
        return chosen
    fields.wrong(
        name,
        f"`{name}` names an algorithm that Amtsweg does not hold sound, or none.",
        f"Choose among {', '.join(known)}; FIT-Connect prescribes {usual[0]}.",
    )
    return usual


@cache
def _environments() -> dict[str, dict[str, str | dict[str, str]]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def _known(name: EnvironmentName, version: Generation) -> dict[str, str]:
    found = _environments().get(name.value, {})
    return {
        key: value if isinstance(value, str) else value[version.value]
        for key, value in found.items()
    }


def _optional(fields: Fields, name: str, known: dict[str, str]) -> str:
    default = known.get(name, "")
    return _address(fields, name, default) if name in fields or default else ""


def _address(fields: Fields, name: str, default: str | None) -> str:
    text = fields.text(name, default or None)
    if not text:
        return ""
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        url = urlsplit("")
    if url.scheme not in {"http", "https"} or not url.hostname or _has_more(url):
        fields.wrong(
            name, "It is not a plain address.", 'Write "https://host/path", no more.'
        )
    elif url.scheme == "http" and not _is_loopback(url.hostname):
        fields.wrong(name, "Secrets would travel in the clear.", "Use https.")
    elif url.path.rstrip("/").endswith(("/v1", "/v2")):
        fields.wrong(
            name, "The address ends in a version.", "Remove it and set `version`."
        )
    return text.rstrip("/")


def _has_more(url: SplitResult) -> bool:
    return bool(url.query or url.fragment or url.username or url.password)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _certificate_authority(fields: Fields) -> tuple[FromFile, ...]:
    match fields.optional_secret("ca"):
        case FromFile() as file:
            return (file,)
        case None:
            return ()
        case _:
            fields.wrong("ca", "TLS reads this from a file.", "Write `file:PATH`.")
            return ()


def _seconds(
    fields: Fields, name: str, default: timedelta, most: timedelta
) -> timedelta:
    return timedelta(
        seconds=fields.number(
            name,
            default=default.total_seconds(),
            least=0.1,
            most=most.total_seconds(),
        )
    )
