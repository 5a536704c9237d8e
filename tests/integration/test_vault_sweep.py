"""The sweep removes what nobody knows, and never what is young or known."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schemas.ids import CaseId, DocumentId
from schemas.limits import FRAME_BYTES, INLINE_BYTES
from storage.memory import MemoryKeys
from storage.vault.local import LocalVault
from tests.fakes.disks import files_below
from tests.fakes.stores import CASE, DOCUMENT, load, new_key, some_bytes, store

IN_FILE = INLINE_BYTES + 1
LATER = datetime.now(UTC) + timedelta(hours=49)


def vault_at(root: Path) -> LocalVault:
    return LocalVault(root, MemoryKeys())


def age(root: Path, hours: int) -> None:
    """Let everything below have been written so long ago."""
    moment = (datetime.now(UTC) - timedelta(hours=hours)).timestamp()
    for path in [*root.rglob("*"), root]:
        os.utime(path, (moment, moment))


async def nobody_knows(_case: CaseId, _document: DocumentId) -> bool:
    return False


async def test_a_sweep_removes_old_objects_that_no_row_knows(tmp_path: Path) -> None:
    vault = vault_at(tmp_path)
    key = new_key(vault)
    known = await store(vault, key, some_bytes(IN_FILE))
    await store(vault, key, some_bytes(IN_FILE), document=DocumentId("orphan"))
    other = new_key(vault, case="other")
    await store(vault, other, some_bytes(IN_FILE))
    asked = set()

    async def is_known(case: CaseId, document: DocumentId) -> bool:
        asked.add((case, document))
        return document == DOCUMENT and case == CASE

    removed = await vault.sweep(is_known, older_than=LATER)

    assert removed == 2
    assert asked == {(CASE, DOCUMENT), (CASE, "orphan"), ("other", DOCUMENT)}
    assert await load(vault, key, known) == some_bytes(IN_FILE)
    assert len(files_below(tmp_path)) == 1
    assert {path.name for path in tmp_path.glob("*/*/*")} == {CASE}


async def test_a_sweep_leaves_what_is_young(tmp_path: Path) -> None:
    vault = vault_at(tmp_path)
    await store(vault, new_key(vault), some_bytes(IN_FILE))
    writer = vault.create(new_key(vault), DocumentId("open"))
    await writer.write(some_bytes(FRAME_BYTES + 1))
    limit = datetime.now(UTC) - timedelta(hours=48)

    removed = await vault.sweep(nobody_knows, older_than=limit)

    assert removed == 0
    assert (await writer.finish()).size == FRAME_BYTES + 1


async def test_a_sweep_removes_drafts_and_folders_of_the_dead(tmp_path: Path) -> None:
    vault = vault_at(tmp_path)
    (tmp_path / ".incoming").mkdir()
    (tmp_path / ".incoming" / "dead.part").write_bytes(b"sealed")
    (tmp_path / "standard" / "bauamt" / "empty").mkdir(parents=True)
    age(tmp_path, hours=49)
    limit = datetime.now(UTC) - timedelta(hours=48)

    removed = await vault.sweep(nobody_knows, older_than=limit)

    assert removed == 1
    assert files_below(tmp_path) == []
    assert list(tmp_path.glob("*/*/*")) == []


async def test_a_sweep_of_nothing_is_harmless(tmp_path: Path) -> None:
    vault = vault_at(tmp_path / "never made")

    assert await vault.sweep(nobody_knows, older_than=LATER) == 0


async def test_a_sweep_takes_thousands(tmp_path: Path) -> None:
    vault = vault_at(tmp_path)
    for number in range(1000):
        folder = tmp_path / "standard" / "bauamt" / f"case{number}"
        folder.mkdir(parents=True)
        (folder / "object").write_bytes(b"")

    assert await vault.sweep(nobody_knows, older_than=LATER) == 1000
