"""``keys/fitconnect/<name>/``: the keys of one destination of ours.

decryption.jwks.json   private; the first is published, the others still open
signing.jwk.json       private; signs what we answer
public.jwks.json       what the destination publishes, old signature keys with it
register.json          since when which key is replaced
next/                  a further pair that waits to be published
retired.jwks.json      private; decryption keys that nothing needs any more

``rotate`` and ``import-p12`` make ``next/``; ``publish`` makes it the current pair.
Whatever breaks off in between is done again by the same command.
"""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from adapters.fitconnect.jose.algorithms import KNOWN
from adapters.fitconnect.jose.errors import KeyUnusable
from adapters.fitconnect.jose.json_object import read_object
from adapters.fitconnect.jose.keys import (
    PrivateKey,
    private_jwk,
    public_jwk,
    read_private,
    read_private_set,
    write_set,
)
from adapters.fitconnect.keyring.errors import (
    KeyNameUnusable,
    KeysMissing,
    RotationWaits,
)
from adapters.fitconnect.keyring.files import (
    locked,
    read_private_file,
    remove_folder,
    write_file,
    write_folder,
)
from adapters.fitconnect.keyring.register import (
    FILE,
    Register,
    read_register,
    register_text,
    write_register,
)

DECRYPTION: Final = "decryption.jwks.json"
SIGNING: Final = "signing.jwk.json"
PUBLIC: Final = "public.jwks.json"
RETIRED: Final = "retired.jwks.json"
_NEXT: Final = "next"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

Jwk = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPair:
    """What a destination needs: one key opens, the other signs."""

    decryption: PrivateKey
    signing: PrivateKey

    def public(self) -> tuple[Jwk, Jwk]:
        """Both as published."""
        return (
            public_jwk(self.decryption, certificates=self.decryption.certificates),
            public_jwk(self.signing, certificates=self.signing.certificates),
        )


def folder_of(keys: Path) -> Path:
    """Where the keys of all names lie; ``keys`` is AMTSWEG_HOME/keys."""
    return keys / "fitconnect"


class KeyFolder:
    """The folder of one name; nothing in it is ever overwritten by another key."""

    def __init__(self, keys: Path, name: str) -> None:
        """``keys`` is AMTSWEG_HOME/keys. Raises KeyNameUnusable."""
        if not _NAME.fullmatch(name):
            raise KeyNameUnusable
        self.name = name
        self.path = folder_of(keys) / name

    def exists(self) -> bool:
        """Whether there are keys."""
        return self.path.is_dir()

    def create(self, pair: KeyPair) -> bool:
        """The first pair; False where there is one already. Raises StorageBroken."""
        texts = {
            DECRYPTION: _set([pair.decryption]),
            SIGNING: _one(pair.signing),
            PUBLIC: write_set(pair.public()),
            FILE: register_text(Register()),
        }
        return write_folder(self.path, texts)

    def decryption(self) -> tuple[PrivateKey, ...]:
        """The published one first. Raises KeysMissing, KeysReadable, KeyUnusable."""
        return _keys(self._read(DECRYPTION))

    def current(self) -> KeyPair:
        """The pair in use. Raises the same."""
        return KeyPair(
            decryption=self.decryption()[0], signing=_key(self._read(SIGNING))
        )

    def waiting(self) -> KeyPair | None:
        """The pair that is not published yet. Raises the same."""
        if not (self.path / _NEXT).is_dir():
            return None
        return KeyPair(
            decryption=_key(self._read(f"{_NEXT}/{DECRYPTION}")),
            signing=_key(self._read(f"{_NEXT}/{SIGNING}")),
        )

    def register(self) -> Register:
        """Since when which key is replaced."""
        return read_register(self.path)

    def published(self) -> tuple[Jwk, ...]:
        """Everything that has to be published, as ``public.jwks.json`` holds it."""
        try:
            listed = read_object(self._read(PUBLIC)).get("keys")
        except ValueError as error:
            raise KeyUnusable(PUBLIC) from error
        return (
            tuple(one for one in listed if isinstance(one, dict))
            if isinstance(listed, list)
            else ()
        )

    def old_signatures(self) -> tuple[Jwk, ...]:
        """Keys that signed before the current one, and must stay published."""
        waiting = self.waiting()
        new = {self.current().signing.kid, waiting.signing.kid if waiting else ""}
        return tuple(
            jwk
            for jwk in self.published()
            if jwk.get("key_ops") == ["verify"] and jwk.get("kid") not in new
        )

    def add(self, pair: KeyPair) -> None:
        """Keep a further pair; what is encrypted for it opens from now on.

        Raises RotationWaits where one waits already, KeyUnusable, StorageBroken.
        """
        with self._locked():
            self._must_be_as_published(pair)
            texts = {DECRYPTION: _set([pair.decryption]), SIGNING: _one(pair.signing)}
            if not write_folder(self.path / _NEXT, texts):
                raise RotationWaits
            self._take_in(pair)

    def take_in_waiting(self) -> KeyPair | None:
        """Finish what ``add`` began, whatever interrupted it; the pair that waits."""
        with self._locked():
            pair = self.waiting()
            if pair is not None:
                self._take_in(pair)
            return pair

    def promote(self, *, at: datetime) -> None:
        """The waiting pair is published and becomes the current one."""
        with self._locked():
            pair = self.waiting()
            if pair is None:
                return
            new = {pair.decryption.kid, pair.signing.kid}
            current = self.current()
            old = {current.decryption.kid, current.signing.kid} - new
            write_register(self.path, self.register().with_replaced(old, at))
            self._write_public(pair)
            others = [k for k in self.decryption() if k.kid != pair.decryption.kid]
            write_file(self.path / SIGNING, _one(pair.signing))
            write_file(self.path / DECRYPTION, _set([pair.decryption, *others]))
            remove_folder(self.path / _NEXT)

    def retire(self, *, at: datetime) -> tuple[PrivateKey, ...]:
        """Put decryption keys aside that nothing can need any more."""
        with self._locked():
            current, *others = self.decryption()
            gone = self.register().unused(others, at)
            if not gone:
                return ()
            kids = {key.kid for key in gone}
            aside = self._retired()
            fresh = [k for k in gone if k.kid not in {one.kid for one in aside}]
            write_file(self.path / RETIRED, _set([*aside, *fresh]))
            left = [key for key in others if key.kid not in kids]
            write_file(self.path / DECRYPTION, _set([current, *left]))
            return gone

    def _retired(self) -> tuple[PrivateKey, ...]:
        if not (self.path / RETIRED).exists():
            return ()
        return _keys(self._read(RETIRED))

    def _take_in(self, pair: KeyPair) -> None:
        held = self.decryption()
        if pair.decryption.kid not in {key.kid for key in held}:
            write_file(self.path / DECRYPTION, _set([*held, pair.decryption]))
        self._write_public(pair)

    def _must_be_as_published(self, pair: KeyPair) -> None:
        """Under an id that is published nobody would believe another algorithm."""
        published = {jwk.get("kid"): jwk.get("alg") for jwk in self.published()}
        for key in (pair.decryption, pair.signing):
            said = published.get(key.kid, key.algorithm)
            if said != key.algorithm:
                raise KeyUnusable(
                    f"It is not for {key.algorithm}: a key keeps the algorithm that it "
                    f"was published with, here {said}."
                )

    def _write_public(self, pair: KeyPair) -> None:
        listed = {str(jwk.get("kid")): jwk for jwk in self.published()}
        for jwk in pair.public():
            listed.setdefault(str(jwk["kid"]), jwk)
        write_file(self.path / PUBLIC, write_set(listed.values()))

    def _read(self, name: str) -> str:
        try:
            return read_private_file(self.path / name)
        except OSError as error:
            raise KeysMissing(f"({self.name}/{name})") from error

    def _locked(self) -> AbstractContextManager[None]:
        if not self.exists():
            raise KeysMissing(f"({self.name})")
        return locked(self.path)


def _keys(text: str) -> tuple[PrivateKey, ...]:
    """Whatever we know: which algorithms are taken is for the source to say."""
    return read_private_set(text, algorithms=KNOWN)


def _key(text: str) -> PrivateKey:
    return read_private(text, algorithms=KNOWN)


def _set(keys: Sequence[PrivateKey]) -> str:
    return write_set(map(private_jwk, keys))


def _one(key: PrivateKey) -> str:
    return json.dumps(private_jwk(key), separators=(",", ":")) + "\n"
