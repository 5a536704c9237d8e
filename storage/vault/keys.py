"""Key-encryption keys: a ring of named keys, one of which is current."""

import secrets
from pathlib import Path
from typing import Final

from schemas.clock import Clock, local_day
from schemas.documents import WrappedKey
from schemas.errors import ConfigurationInvalid, KeyMissing
from schemas.ids import CaseId, KeyName, TenantId
from storage.vault.keyfile import NamedKey, armour, disarm
from storage.vault.keyfolder import KeyFolder
from storage.vault.sealing import KEY_BYTES, open_small, seal_small

_DATA_KEY: Final = "data-key"


class KeyRing:
    """Wraps data keys; files are read once and `current` whenever it changes.

    Nothing is touched before the first use, which creates a key if there is none
    and ``may_create``. Several processes may share the folder.
    """

    def __init__(self, folder: Path, *, may_create: bool, clock: Clock) -> None:
        self._folder = KeyFolder(folder)
        self._may_create = may_create
        self._clock = clock
        self._loaded: dict[KeyName, bytes] = {}
        self._current = KeyName("")
        self._stamp = (0, 0)

    def wrap(self, plain: bytes, *, tenant: TenantId, case: CaseId) -> WrappedKey:
        """Encrypt a data key under the current key. Raises KeyMissing."""
        name = self.current_name()
        sealed = seal_small(self._key(name), plain, _DATA_KEY, tenant, case)
        return WrappedKey(kek=name, wrapped=sealed)

    def unwrap(self, wrapped: WrappedKey, *, tenant: TenantId, case: CaseId) -> bytes:
        """The data key. Raises KeyMissing, ObjectDamaged."""
        kek = self._key(wrapped.kek)
        return open_small(kek, wrapped.wrapped, _DATA_KEY, tenant, case)

    def rewrap(
        self, wrapped: WrappedKey, *, tenant: TenantId, case: CaseId
    ) -> WrappedKey:
        """The same data key under the current key; unchanged if it is already."""
        if wrapped.kek == self.current_name():
            return wrapped
        plain = self.unwrap(wrapped, tenant=tenant, case=case)
        return self.wrap(plain, tenant=tenant, case=case)

    def current_name(self) -> KeyName:
        """The key that wraps from now on, whichever process made it current.

        Raises KeyMissing, ConfigurationInvalid.
        """
        stamp = self._folder.current_stamp()
        if stamp != self._stamp or not self._current:
            name = self._folder.current() or self._first()
            self._key(name)
            self._current, self._stamp = name, stamp
        return self._current

    def names(self) -> tuple[KeyName, ...]:
        """All keys that are here, by name."""
        return self._folder.names()

    def create(self) -> KeyName:
        """Make a new key and let it wrap from now on."""
        with self._folder.locked():
            name = self._make()
            self._folder.make_current(name, replace=True)
        return name

    def export(self, name: KeyName) -> str:
        """Text with a check sum, to be kept apart from the data."""
        return armour(NamedKey(name=name, plain=self._key(name)))

    def restore(self, text: str) -> KeyName:
        """Put an exported key back; harmless if it is here.

        Raises ConfigurationInvalid for a text with an error, or a taken name.
        """
        key = disarm(text)
        with self._folder.locked():
            if key.name not in self.names():
                self._folder.add(key)
        if self._folder.read(key.name) != key:
            raise ConfigurationInvalid(f"Another key is called {key.name}.")
        return key.name

    def mark_exported(self, name: KeyName) -> None:
        """Remember that somebody has taken the text away."""
        self._key(name)
        with self._folder.locked():
            self._folder.mark_exported(name)

    def is_exported(self, name: KeyName) -> bool:
        """Whether `mark_exported` was called for it."""
        return self._folder.is_exported(name)

    def retire(self, name: KeyName) -> None:
        """Delete a key that wraps nothing any more; the caller has counted.

        Another process may still have wrapped under it a moment after it ceased
        to be current: count only once those transactions are over. Raises
        ConfigurationInvalid for the current key.
        """
        with self._folder.locked():
            if name == self._folder.current():
                raise ConfigurationInvalid("The current key cannot be retired.")
            self._folder.remove(name)
        self._loaded.pop(name, None)

    def _first(self) -> KeyName:
        """Nothing is current: adopt the only key, or make one if we may."""
        if not self._may_create and not self.names():
            raise KeyMissing("There is none; `amtsweg key rotate` makes the first.")
        with self._folder.locked():
            made_meanwhile = self._folder.current()
            if made_meanwhile:
                return made_meanwhile
            names = self.names()
            if len(names) > 1:
                raise ConfigurationInvalid(
                    "Write the name of the active key into keys/current."
                )
            name = names[0] if names else self._make()
            self._key(name)
            self._folder.make_current(name, replace=False)
        return name

    def _make(self) -> KeyName:
        day = local_day(self._clock.now())
        name = KeyName(f"kek-{day.isoformat()}-{secrets.token_hex(4)}")
        plain = secrets.token_bytes(KEY_BYTES)
        self._folder.add(NamedKey(name=name, plain=plain))
        return name

    def _key(self, name: KeyName) -> bytes:
        if name not in self._loaded:
            self._loaded[name] = self._folder.read(name).plain
        return self._loaded[name]
