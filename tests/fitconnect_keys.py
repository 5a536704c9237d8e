"""RSA-4096 keys for tests, made once per machine: making one takes seconds."""

import json
import os
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.fitconnect.jose.algorithms import PRESCRIBED, Algorithms
from adapters.fitconnect.jose.keys import (
    EXPONENT,
    LEAST_BITS,
    PrivateKey,
    PublicKey,
    made_private,
    private_jwk,
    public_jwk,
    read_private,
    read_public,
)

_PRIVATE_FOLDER: Final = 0o700
_FOLDER: Final = Path(tempfile.gettempdir()) / f"amtsweg-test-keys-{os.getuid()}"
_SIGNING: Final = ("sign", "service", "portal")


@cache
def test_key(name: str) -> PrivateKey:
    """The key of this name: the same in every process on this machine.

    Names beginning with ``sign``, ``service`` or ``portal`` are for signing
    (PS512), all others for decryption (RSA-OAEP-256).
    """
    path = _FOLDER / f"{name}.jwk.json"
    if not path.exists():
        _make(path, _algorithm(name, PRESCRIBED))
    return read_private(path.read_text(encoding="ascii"))


# Whoever imports it would otherwise have one more test.
test_key.__test__ = False  # type: ignore[attr-defined]


def key_for(name: str, algorithms: Algorithms) -> PrivateKey:
    """The same key, by the first of these algorithms."""
    return replace(test_key(name), algorithm=_algorithm(name, algorithms))


def jwk_of(name: str, algorithms: Algorithms = PRESCRIBED) -> dict[str, object]:
    """The published half."""
    return public_jwk(key_for(name, algorithms))


def private_text(name: str, algorithms: Algorithms = PRESCRIBED) -> str:
    """The private JWK as a file holds it."""
    return json.dumps(private_jwk(key_for(name, algorithms)))


def public_key(name: str, algorithms: Algorithms = PRESCRIBED) -> PublicKey:
    """The published half as a sender has read it."""
    return read_public(jwk_of(name, algorithms), algorithms=algorithms)


def _algorithm(name: str, algorithms: Algorithms) -> str:
    signs = name.startswith(_SIGNING)
    return algorithms.signature[0] if signs else algorithms.key_encryption[0]


def _make(path: Path, algorithm: str) -> None:
    """The first process that is done wins; all read what lies there then."""
    _FOLDER.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
    made = rsa.generate_private_key(EXPONENT, LEAST_BITS)
    handle, draft = tempfile.mkstemp(dir=_FOLDER)  # 0600
    with os.fdopen(handle, "w", encoding="ascii") as file:
        json.dump(private_jwk(made_private(made, algorithm=algorithm)), file)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()
