"""The documents of one request on their way into the vault, all or none."""

from api.intake.media import HeaderValue
from schemas.documents import Document, Role
from schemas.ids import RandomBytes
from schemas.rules.fingerprint import PartPrint
from storage.base import CaseKey, ObjectWriter, Vault
from storage.shelf import VaultShelf


class Shelf:
    """A shelf that is told media types as headers say them.

    Each document is begun by its header: nothing is kept that had none.
    """

    def __init__(self, vault: Vault, key: CaseKey, random_bytes: RandomBytes) -> None:
        self._shelf = VaultShelf(vault, key, random_bytes)
        self._is_open = False

    @property
    def key(self) -> CaseKey:
        """The case's data key."""
        return self._shelf.key

    def begin(self) -> ObjectWriter:
        """Open the next document."""
        self._is_open = True
        return self._shelf.begin()

    async def keep(self, *, role: Role, media_type: HeaderValue, filename: str) -> None:
        """Make the open document durable. Raises StorageFull."""
        if not self._is_open:
            raise RuntimeError("keep() without begin()")
        await self._shelf.keep(
            role=role, media_type=media_type.value, filename=filename
        )
        self._is_open = False

    def prints(self) -> tuple[PartPrint, ...]:
        """What of all this counts for the fingerprint."""
        return self._shelf.prints()

    def documents(self) -> tuple[Document, ...]:
        """What is complete, for the database."""
        return self._shelf.documents()

    async def discard(self) -> None:
        """Leave nothing behind; what resists is swept as an orphan later."""
        await self._shelf.discard()
