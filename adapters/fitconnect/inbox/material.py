"""Our keys, read anew each time: a new one counts without a restart."""

import contextlib
import hashlib
from collections.abc import Iterator

from adapters.base import Surroundings
from adapters.fitconnect.inbox.settings import FitConnectSource
from adapters.fitconnect.jose.errors import KeyUnusable
from adapters.fitconnect.jose.jwe import Keyring
from adapters.fitconnect.jose.keys import PrivateKey, read_private, read_private_set
from schemas.secrets import SecretReference


class Cupboard:
    """Reads the files each time, and opens a key only where its file is another.

    It is called in threads: files are read, and opening a key takes milliseconds.
    """

    def __init__(self, source: FitConnectSource, surroundings: Surroundings) -> None:
        self._source = source
        self._algorithms = source.environment.algorithms
        self._secrets = surroundings.secrets
        self._opened: dict[bytes, tuple[PrivateKey, ...]] = {}
        self._ring: tuple[tuple[PrivateKey, ...], Keyring] | None = None

    def keyring(self) -> Keyring:
        """Every decryption key. Raises SecretMissing, KeyUnusable."""
        keys = self.decryption()
        known = self._ring
        # Keys are equal by their names; the same opened key is the same object.
        if known is None or list(map(id, known[0])) != list(map(id, keys)):
            known = self._ring = (keys, Keyring(keys, algorithms=self._algorithms))
        return known[1]

    def decryption(self) -> tuple[PrivateKey, ...]:
        """The keys of the keyring, one by one. Raises as above."""
        texts = [(one, self._secrets.read(one)) for one in self._source.decryption_keys]
        return tuple(key for place, text in texts for key in self._keys_of(place, text))

    def signing(self) -> PrivateKey:
        """The key for answers. Raises SecretMissing, KeyUnusable."""
        text = self._secrets.read(self._source.signing_key)
        place = _mark(text, b"signing")
        if place not in self._opened:
            with _naming(self._source.signing_key):
                key = read_private(text, algorithms=self._algorithms)
            if key.is_for_encryption:
                raise KeyUnusable("`signing_key` names one for decryption.")
            self._remember(place, (key,))
        return self._opened[place][0]

    def _keys_of(self, named: SecretReference, text: str) -> tuple[PrivateKey, ...]:
        place = _mark(text, b"decryption")
        if place not in self._opened:
            with _naming(named):
                keys = read_private_set(text, algorithms=self._algorithms)
            self._remember(place, keys)
        return self._opened[place]

    def _remember(self, place: bytes, keys: tuple[PrivateKey, ...]) -> None:
        most = 2 * (len(self._source.decryption_keys) + 1)
        if len(self._opened) >= most:
            self._opened.clear()
        self._opened[place] = keys


@contextlib.contextmanager
def _naming(place: SecretReference) -> Iterator[None]:
    """Whoever has to mend a key must know which."""
    try:
        yield
    except KeyUnusable as error:
        raise KeyUnusable(f"{place}: {error.detail}") from error


def _mark(text: str, purpose: bytes) -> bytes:
    """Names a file's content without being it."""
    return hashlib.sha256(purpose + b"\n" + text.encode()).digest()
