"""The vaults that keep the contract, and hands that reach into their objects."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from schemas.clock import SystemClock
from schemas.documents import Inline, InVault, StoredObject
from storage.base import Vault
from storage.memory import MemoryVault
from storage.vault.keys import KeyRing
from storage.vault.local import LocalVault


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """A vault, and hands that can reach into its objects from outside."""

    vault: Vault
    peek: Callable[[str], bytes]
    poke: Callable[[str, bytes], None]
    paths: Callable[[], set[str]]

    def damage(
        self, stored: StoredObject, change: Callable[[bytes], bytes]
    ) -> StoredObject:
        """The object as it reads after somebody has changed its sealed bytes."""
        match stored.place:
            case Inline(sealed=sealed):
                return replace(stored, place=Inline(sealed=change(sealed)))
            case InVault(path=path):
                self.poke(path, change(self.peek(path)))
                return stored


def memory(_folder: Path) -> Bench:
    vault = MemoryVault()
    return Bench(
        vault=vault,
        peek=vault.objects.__getitem__,
        poke=vault.objects.__setitem__,
        paths=lambda: set(vault.objects),
    )


def local(folder: Path) -> Bench:
    root = folder / "vault"
    keys = KeyRing(folder / "keys", may_create=True, clock=SystemClock())

    def poke(path: str, content: bytes) -> None:
        (root / path).write_bytes(content)

    def paths() -> set[str]:
        files = (path for path in root.rglob("*") if path.is_file())
        return {path.relative_to(root).as_posix() for path in files}

    return Bench(
        vault=LocalVault(root, keys),
        peek=lambda path: (root / path).read_bytes(),
        poke=poke,
        paths=paths,
    )
