"""The decryption keys that we hold, found by what a token calls them."""

import re
from collections.abc import Iterable
from typing import Final

from adapters.fitconnect.jose.algorithms import PRESCRIBED, Algorithms
from adapters.fitconnect.jose.errors import KeyNotHeld, KeyUnusable
from adapters.fitconnect.jose.keys import PrivateKey, thumbprint_of

_SHOWN: Final = re.compile(r"[A-Za-z0-9_-]{8}")


class Keyring:
    """Several at once: old ones open what was encrypted before a rotation."""

    def __init__(
        self, keys: Iterable[PrivateKey], *, algorithms: Algorithms = PRESCRIBED
    ) -> None:
        """Raises KeyUnusable for a key that is none for decryption.

        A key answers to its published id and to its thumbprint, since senders use
        the one or the other. Only what ``algorithms`` names is opened with them.
        """
        self.algorithms = algorithms
        self._keys: dict[str, PrivateKey] = {}
        held = tuple(keys)
        for key in held:
            if not key.is_for_encryption:
                raise KeyUnusable("A key for signatures cannot decrypt.")
            self._keys.setdefault(thumbprint_of(key), key)
        for key in held:
            other = self._keys.setdefault(key.kid, key)
            if thumbprint_of(other) != thumbprint_of(key):
                raise KeyUnusable("Two different keys have the same `kid`.")

    def find(self, kid: str) -> PrivateKey:
        """The key that is called so. Raises KeyNotHeld."""
        key = self._keys.get(kid)
        if key is None:
            shown = _SHOWN.match(kid)
            raise KeyNotHeld(f"Its id begins with {shown[0]}." if shown else "")
        return key
