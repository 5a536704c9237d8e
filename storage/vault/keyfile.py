"""A key-encryption key as text with a check sum: in its file, on paper, in a safe."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from schemas.errors import ConfigurationInvalid
from schemas.ids import KeyName
from storage.vault.sealing import KEY_BYTES

_BEGIN: Final = "-----BEGIN AMTSWEG KEY-----"
_END: Final = "-----END AMTSWEG KEY-----"
_GROUP: Final = 4
_LINE: Final = 40
_CHECK_CHARACTERS: Final = 16
_SHAPE: Final = re.compile(
    rf"\s*{_BEGIN}\s+name:\s*(?P<name>[A-Za-z0-9_-]{{1,100}})\s+"
    rf"key:(?P<key>[0-9A-Fa-f\s]+)check:(?P<check>[0-9A-Fa-f\s]+){_END}\s*"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedKey:
    """A key-encryption key and its name."""

    name: KeyName
    plain: bytes = field(repr=False)


def armour(key: NamedKey) -> str:
    """Text that a person can print and type in again."""
    grouped = " ".join(_split(key.plain.hex(), _GROUP))
    lines = "\n".join(f"  {line.strip()}" for line in _split(grouped, _LINE))
    check = " ".join(_split(_check(key), _GROUP))
    return f"{_BEGIN}\nname: {key.name}\nkey:\n{lines}\ncheck: {check}\n{_END}\n"


def disarm(text: str) -> NamedKey:
    """Read it back, however spaced. Raises ConfigurationInvalid."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise ConfigurationInvalid("This is not the text of an Amtsweg key.")
    digits = "".join(found["key"].split())
    if len(digits) != 2 * KEY_BYTES:
        raise ConfigurationInvalid("The text of the key is not complete.")
    key = NamedKey(name=KeyName(found["name"]), plain=bytes.fromhex(digits))
    if "".join(found["check"].split()).lower() != _check(key):
        raise ConfigurationInvalid("The check sum of the key does not fit.")
    return key


def _check(key: NamedKey) -> str:
    content = f"{key.name}\n{key.plain.hex()}".encode()
    return hashlib.sha256(content).hexdigest()[:_CHECK_CHARACTERS]


def _split(text: str, width: int) -> list[str]:
    return [text[start : start + width] for start in range(0, len(text), width)]
