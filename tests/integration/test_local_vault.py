"""The vault on a disk: private, sealed, all or nothing, whatever the disk does."""

import asyncio
import stat
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.documents import InVault
from schemas.errors import Ours, StorageBroken, StorageFull, UnsafePath
from schemas.ids import DocumentId
from schemas.limits import FRAME_BYTES, INLINE_BYTES, MIB
from storage.memory import MemoryKeys
from storage.vault.local import LocalVault
from tests.fakes.disks import (
    BROKEN,
    FULL,
    Act,
    Disk,
    files_below,
    holds,
    small_disk,
)
from tests.fakes.stores import (
    CASE,
    DOCUMENT,
    MARKER,
    load,
    marked_bytes,
    new_key,
    some_bytes,
    split,
    store,
)

IN_FILE = INLINE_BYTES + 1
LATER = datetime.now(UTC) + timedelta(hours=49)


def vault_at(root: Path, disk: Disk | None = None) -> LocalVault:
    return LocalVault(root, MemoryKeys(), announce=disk or Disk())


@settings(max_examples=25)
@given(
    size=st.one_of(
        st.integers(0, 3 * MIB),
        st.sampled_from([INLINE_BYTES, FRAME_BYTES, 2 * FRAME_BYTES]),
    ),
    lengths=st.lists(st.integers(0, 2 * MIB), max_size=6),
)
def test_any_document_in_any_chunks_is_read_as_it_was_written(
    size: int, lengths: list[int]
) -> None:
    content = some_bytes(size)

    async def there_and_back(root: Path) -> bytes:
        vault = vault_at(root)
        key = new_key(vault)
        return await load(vault, key, await store(vault, key, *split(content, lengths)))

    with tempfile.TemporaryDirectory() as folder:
        assert asyncio.run(there_and_back(Path(folder))) == content


async def test_nothing_readable_touches_the_disk(tmp_path: Path) -> None:
    vault = vault_at(tmp_path)
    writer = vault.create(new_key(vault), DOCUMENT)

    await writer.write(marked_bytes(2 * FRAME_BYTES + 5))
    on_the_way = holds(tmp_path, MARKER)
    await writer.finish()

    assert len(files_below(tmp_path)) == 1
    assert not on_the_way
    assert not holds(tmp_path, MARKER)


async def test_objects_and_folders_are_private(tmp_path: Path) -> None:
    root = tmp_path / "vault"
    vault = vault_at(root)
    await store(vault, new_key(vault), some_bytes(IN_FILE))

    modes = {stat.S_IMODE(path.stat().st_mode) for path in [root, *root.rglob("*")]}

    assert modes == {0o600, 0o700}


async def test_an_object_is_durable_before_it_is_visible(tmp_path: Path) -> None:
    disk = Disk()
    vault = vault_at(tmp_path, disk)

    await store(vault, new_key(vault), some_bytes(IN_FILE))

    begin = disk.operations.index("write")
    order = [name for name in disk.operations[begin:] if name != "mkdir"]
    folders = ["fsync-folder"] * order.count("fsync-folder")
    assert order == ["write", "write", "fsync", "link", "unlink", *folders]
    assert len(folders) >= 4


async def test_folders_known_to_be_sound_are_not_synced_again(tmp_path: Path) -> None:
    disk = Disk()
    vault = vault_at(tmp_path, disk)
    key = new_key(vault)
    await store(vault, key, some_bytes(IN_FILE))
    disk.operations.clear()

    await store(vault, key, some_bytes(IN_FILE), document=DocumentId("other"))

    assert disk.operations.count("fsync-folder") == 2


@pytest.mark.parametrize(
    ("act", "error"), [(FULL, StorageFull), (BROKEN, StorageBroken)]
)
async def test_a_disk_that_fails_at_any_moment_leaves_nothing(
    tmp_path: Path, act: Act, error: type[Exception]
) -> None:
    content = some_bytes(FRAME_BYTES + IN_FILE)
    sound = Disk()
    vault = vault_at(tmp_path / "sound", sound)
    await store(vault, new_key(vault), content)

    for at, operation in enumerate(sound.operations, start=1):
        root = tmp_path / str(at)
        vault = vault_at(root, Disk(at=at, act=act))
        key = new_key(vault)
        if operation == "unlink":
            continue  # removing needs no room; a sweep finds what is left
        with pytest.raises(error):
            await store(vault, key, content)
        assert files_below(root) == [], operation

        stored = await store(vault, key, content)
        assert await load(vault, key, stored) == content


async def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 2 * MIB) as root:
        vault = vault_at(root)
        key = new_key(vault)

        with pytest.raises(StorageFull):
            await store(vault, key, *[some_bytes(MIB)] * 4)

        assert files_below(root) == []
        stored = await store(vault, key, some_bytes(MIB))
        assert await load(vault, key, stored) == some_bytes(MIB)


async def test_a_folder_where_nothing_can_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "vault").write_bytes(b"a file")
    vault = vault_at(tmp_path / "vault")

    with pytest.raises(StorageBroken):
        await store(vault, new_key(vault), some_bytes(IN_FILE))


class Gate(Disk):
    """Holds one operation back until it is opened."""

    def __init__(self, operation: str) -> None:
        super().__init__()
        self._operation = operation
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, operation: str) -> None:
        super().__call__(operation)
        if operation == self._operation:
            self.reached.set()
            self.opened.wait(10)


@pytest.mark.parametrize("operation", ["write", "fsync", "link", "fsync-folder"])
async def test_an_upload_cancelled_at_any_moment_leaves_nothing(
    tmp_path: Path, operation: str
) -> None:
    gate = Gate(operation)
    vault = vault_at(tmp_path, gate)
    upload = asyncio.create_task(store(vault, new_key(vault), some_bytes(IN_FILE)))
    await asyncio.to_thread(gate.reached.wait, 10)

    upload.cancel()
    await asyncio.sleep(0.01)
    gate.opened.set()
    with pytest.raises(asyncio.CancelledError):
        await upload

    assert files_below(tmp_path) == []


async def test_a_writer_aborted_by_another_task_writes_no_more(tmp_path: Path) -> None:
    gate = Gate("write")
    vault = vault_at(tmp_path, gate)
    writer = vault.create(new_key(vault), DOCUMENT)
    writing = asyncio.create_task(writer.write(some_bytes(FRAME_BYTES + 1)))
    await asyncio.to_thread(gate.reached.wait, 10)
    aborting = asyncio.create_task(writer.abort())

    gate.opened.set()
    await asyncio.gather(writing, aborting)

    with pytest.raises(Ours):
        await writer.write(some_bytes(FRAME_BYTES))
    assert files_below(tmp_path) == []


@pytest.mark.parametrize(
    "path",
    ["../../etc/passwd", "/etc/passwd/x/y", "a/b/c", "a/b/c/d/e", "a/../c/d", ""],
)
async def test_a_path_that_leads_elsewhere_is_refused(
    tmp_path: Path, path: str
) -> None:
    vault = vault_at(tmp_path)
    key = new_key(vault)
    stored = await store(vault, key, some_bytes(IN_FILE))
    elsewhere = type(stored)(
        id=stored.id, size=stored.size, sha256="", place=InVault(path=path)
    )

    with pytest.raises(UnsafePath):
        await load(vault, key, elsewhere)
    with pytest.raises(UnsafePath):
        await vault.discard(elsewhere)
    with pytest.raises(UnsafePath):
        _ = [piece async for piece in vault.sealed(elsewhere)]


async def test_small_documents_need_no_thread(tmp_path: Path) -> None:
    vault = vault_at(tmp_path)
    before = threading.active_count()

    await store(vault, new_key(vault), some_bytes(INLINE_BYTES))

    assert threading.active_count() == before
    assert files_below(tmp_path) == []


async def test_a_folder_swept_while_writing_is_made_again(tmp_path: Path) -> None:
    sound = Disk()
    vault = vault_at(tmp_path / "sound", sound)
    await store(vault, new_key(vault), some_bytes(IN_FILE))
    case = tmp_path / "vault" / "standard" / "bauamt" / CASE
    disk = Disk(at=sound.operations.index("link") + 1, act=case.rmdir)
    vault = vault_at(tmp_path / "vault", disk)
    key = new_key(vault)

    stored = await store(vault, key, some_bytes(IN_FILE))

    assert disk.operations.count("link") == 2
    assert await load(vault, key, stored) == some_bytes(IN_FILE)


@pytest.fixture(autouse=True)
def no_draft_stays(tmp_path: Path) -> Iterator[None]:
    yield
    assert list(tmp_path.glob("**/.incoming/*")) == []


async def test_many_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    vault = vault_at(tmp_path)
    key = new_key(vault)
    names = [DocumentId(f"document{number}") for number in range(30)]

    async def one(name: DocumentId, number: int) -> bytes:
        content = some_bytes(IN_FILE + number)
        stored = await store(vault, key, *split(content, [9, 70]), document=name)
        assert await load(vault, key, stored) == content
        return content

    await asyncio.gather(*(one(name, n) for n, name in enumerate(names)))

    assert len(files_below(tmp_path)) == 30
