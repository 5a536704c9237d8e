"""When keys were replaced: what nobody can tell from the keys themselves."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from adapters.fitconnect.jose.json_object import read_object
from adapters.fitconnect.jose.keys import PrivateKey
from adapters.fitconnect.keyring.files import read_private_file, write_file

FILE: Final = "register.json"
KEPT: Final = timedelta(days=21)
"""What was encrypted with an old key waits 14 days at FIT-Connect, then it is
rejected, and after 21 days deleted: from then on nobody can need the key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Register:
    """``replaced`` holds key ids and the time from which another one was used."""

    replaced: Mapping[str, datetime] = field(default_factory=dict)

    def with_replaced(self, kids: Iterable[str], at: datetime) -> "Register":
        """The first time counts."""
        return Register(replaced={**dict.fromkeys(kids, at), **self.replaced})

    def without(self, kids: Iterable[str]) -> "Register":
        """Keys that are gone."""
        gone = set(kids)
        left = {kid: at for kid, at in self.replaced.items() if kid not in gone}
        return Register(replaced=left)

    def unused(
        self, keys: Iterable[PrivateKey], at: datetime
    ) -> tuple[PrivateKey, ...]:
        """Those that nothing can be encrypted with any more."""
        return tuple(
            key
            for key in keys
            if key.kid in self.replaced and self.replaced[key.kid] + KEPT <= at
        )


def read_register(folder: Path) -> Register:
    """An unreadable one knows nothing: keys then stay, which is the safe side."""
    try:
        value = read_object(read_private_file(folder / FILE)).get("replaced")
        found = value if isinstance(value, dict) else {}
        replaced = {kid: datetime.fromisoformat(at) for kid, at in found.items()}
    except (OSError, ValueError, TypeError):
        return Register()
    return Register(
        replaced={kid: at for kid, at in replaced.items() if at.tzinfo is not None}
    )


def register_text(register: Register) -> str:
    """As the file holds it."""
    moments = {kid: at.isoformat() for kid, at in sorted(register.replaced.items())}
    return json.dumps({"replaced": moments}, indent=1) + "\n"


def write_register(folder: Path, register: Register) -> None:
    """Raises StorageBroken."""
    write_file(folder / FILE, register_text(register))
