"""Data keys, one per case, and what short texts of a case are sealed with."""

import os
from typing import Final, Protocol

from schemas.documents import WrappedKey
from schemas.ids import CaseId, OfficeId, TenantId
from storage.base import CaseKey
from storage.vault.sealing import KEY_BYTES, open_small, seal_small

_TEXT: Final = "text"
_SURROGATES: Final = "surrogatepass"
"""A name that is not quite Unicode must not stop a submission."""


class KeyWrapper(Protocol):
    """Holds key-encryption keys."""

    def wrap(self, plain: bytes, *, tenant: TenantId, case: CaseId) -> WrappedKey:
        """Under the current key-encryption key."""
        ...

    def unwrap(self, wrapped: WrappedKey, *, tenant: TenantId, case: CaseId) -> bytes:
        """Raises KeyMissing, ObjectDamaged."""
        ...


class CaseKeys:
    """The part of a vault that needs no place for objects."""

    def __init__(self, keys: KeyWrapper) -> None:
        self._keys = keys

    def new_key(self, *, tenant: TenantId, office: OfficeId, case: CaseId) -> CaseKey:
        plain = os.urandom(KEY_BYTES)
        wrapped = self._keys.wrap(plain, tenant=tenant, case=case)
        return CaseKey(
            tenant=tenant, office=office, case=case, wrapped=wrapped, plain=plain
        )

    def open_key(
        self, *, tenant: TenantId, office: OfficeId, case: CaseId, wrapped: WrappedKey
    ) -> CaseKey:
        plain = self._keys.unwrap(wrapped, tenant=tenant, case=case)
        return CaseKey(
            tenant=tenant, office=office, case=case, wrapped=wrapped, plain=plain
        )

    def seal(self, key: CaseKey, text: str, *, label: str) -> bytes:
        plain = text.encode("utf-8", _SURROGATES)
        return seal_small(key.plain, plain, _TEXT, key.tenant, key.case, label)

    def unseal(self, key: CaseKey, sealed: bytes, *, label: str) -> str:
        plain = open_small(key.plain, sealed, _TEXT, key.tenant, key.case, label)
        return plain.decode("utf-8", _SURROGATES)
