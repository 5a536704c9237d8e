"""Every vault keeps documents byte for byte, all or nothing."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.documents import Inline, InVault
from schemas.errors import EngineError, ObjectDamaged, ObjectExists, UnsafePath
from schemas.ids import DocumentId
from schemas.limits import FRAME_BYTES, INLINE_BYTES
from storage.base import Vault
from tests.contract.vaults import Bench, local, memory
from tests.fakes.stores import (
    CASE,
    DOCUMENT,
    OFFICE,
    TENANT,
    load,
    new_key,
    some_bytes,
    split,
    store,
)

SIZES = [0, 1, INLINE_BYTES, INLINE_BYTES + 1, FRAME_BYTES, 2 * FRAME_BYTES + 3]
IN_FILES = INLINE_BYTES + 1


@pytest.fixture(params=[memory, local])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    made: Bench = request.param(tmp_path)
    return made


@pytest.fixture
def vault(bench: Bench) -> Vault:
    return bench.vault


@pytest.mark.parametrize("size", SIZES)
async def test_a_document_is_read_as_it_was_written(vault: Vault, size: int) -> None:
    key, content = new_key(vault), some_bytes(size)

    stored = await store(vault, key, *split(content, [1, 70_000, 5, 1_500_000]))

    assert await load(vault, key, stored) == content
    assert (stored.id, stored.size) == (DOCUMENT, size)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("size", "place"), [(INLINE_BYTES, Inline), (INLINE_BYTES + 1, InVault)]
)
async def test_small_documents_are_inline_and_others_objects(
    bench: Bench, size: int, place: type
) -> None:
    stored = await store(bench.vault, new_key(bench.vault), some_bytes(size))

    assert type(stored.place) is place
    assert len(bench.paths()) == (place is InVault)


async def test_the_path_is_made_of_our_ids(vault: Vault) -> None:
    stored = await store(vault, new_key(vault), some_bytes(IN_FILES))

    assert stored.place == InVault(path=f"{TENANT}/{OFFICE}/{CASE}/{DOCUMENT}")


async def test_frames_come_one_by_one(vault: Vault) -> None:
    key = new_key(vault)
    stored = await store(vault, key, some_bytes(2 * FRAME_BYTES + 1))

    sizes = [len(frame) async for frame in vault.read(key, stored)]

    assert sizes == [FRAME_BYTES, FRAME_BYTES, 1]


@pytest.mark.parametrize("size", SIZES)
async def test_the_sealed_form_is_the_same_every_time(vault: Vault, size: int) -> None:
    content = some_bytes(size)
    stored = await store(vault, new_key(vault), content)

    first = b"".join([piece async for piece in vault.sealed(stored)])
    second = b"".join([piece async for piece in vault.sealed(stored)])

    assert first == second
    assert len(first) > len(content)
    assert size < 16 or content[:16] not in first


async def test_the_key_opens_again_from_its_wrapped_form(vault: Vault) -> None:
    key = new_key(vault)
    stored = await store(vault, key, b"content")

    again = vault.open_key(tenant=TENANT, office=OFFICE, case=CASE, wrapped=key.wrapped)

    assert again == key
    assert await load(vault, again, stored) == b"content"
    assert key.plain not in key.wrapped.wrapped
    assert repr(key.plain) not in repr(key)


async def test_every_case_has_its_own_key(vault: Vault) -> None:
    assert new_key(vault).plain != new_key(vault).plain


async def test_nothing_is_visible_before_the_end(bench: Bench) -> None:
    writer = bench.vault.create(new_key(bench.vault), DOCUMENT)
    await writer.write(some_bytes(FRAME_BYTES + IN_FILES))

    before = {path for path in bench.paths() if path.startswith(TENANT)}
    await writer.finish()

    assert before == set()
    assert bench.paths() == {f"{TENANT}/{OFFICE}/{CASE}/{DOCUMENT}"}


@pytest.mark.parametrize("size", [0, 100, IN_FILES, 2 * FRAME_BYTES])
async def test_aborting_leaves_nothing_behind(bench: Bench, size: int) -> None:
    writer = bench.vault.create(new_key(bench.vault), DOCUMENT)
    await writer.write(some_bytes(size))

    await writer.abort()
    await writer.abort()

    assert bench.paths() == set()


async def test_aborting_after_the_end_is_harmless(vault: Vault) -> None:
    key = new_key(vault)
    writer = vault.create(key, DOCUMENT)
    await writer.write(some_bytes(IN_FILES))
    stored = await writer.finish()

    await writer.abort()

    assert await load(vault, key, stored) == some_bytes(IN_FILES)


@pytest.mark.parametrize("size", [100, IN_FILES])
async def test_a_writer_works_once(vault: Vault, size: int) -> None:
    writer = vault.create(new_key(vault), DOCUMENT)
    await writer.write(some_bytes(size))
    await writer.finish()

    with pytest.raises(EngineError):
        await writer.write(b"more")
    with pytest.raises(EngineError):
        await writer.finish()


async def test_an_object_is_never_overwritten(vault: Vault) -> None:
    key = new_key(vault)
    stored = await store(vault, key, some_bytes(IN_FILES))

    with pytest.raises(ObjectExists):
        await store(vault, key, some_bytes(IN_FILES + 1))

    assert await load(vault, key, stored) == some_bytes(IN_FILES)


@pytest.mark.parametrize("size", [100, IN_FILES])
async def test_discarding_is_repeatable_and_final(bench: Bench, size: int) -> None:
    key = new_key(bench.vault)
    stored = await store(bench.vault, key, some_bytes(size))

    await bench.vault.discard(stored)
    await bench.vault.discard(stored)

    assert bench.paths() == set()


@pytest.mark.parametrize("name", ["../d", "a/b", "", ".", "d\0", "ä", "d\n"])
async def test_names_that_are_no_ids_are_refused(vault: Vault, name: str) -> None:
    with pytest.raises(UnsafePath):
        vault.create(new_key(vault), DocumentId(name))
    with pytest.raises(UnsafePath):
        vault.create(new_key(vault, case=name), DOCUMENT)


@pytest.mark.parametrize("text", ["", "Bauantrag Müller.pdf", "a" * 255, "\udcff.xml"])
async def test_a_text_is_read_as_it_was_sealed(vault: Vault, text: str) -> None:
    key = new_key(vault)

    sealed = vault.seal(key, text, label="name-1")

    assert vault.unseal(key, sealed, label="name-1") == text
    assert b"ller.pdf" not in sealed
    assert sealed != vault.seal(key, text, label="name-1")


async def test_a_text_belongs_to_its_label_and_case(vault: Vault) -> None:
    key = new_key(vault)
    sealed = vault.seal(key, "Bauantrag.pdf", label="name-1")
    other = replace(key, case=new_key(vault, case="other").case)

    for holder, text, label in [
        (key, sealed, "name-2"),
        (other, sealed, "name-1"),
        (new_key(vault), sealed, "name-1"),
        (key, sealed[:-1], "name-1"),
        (key, sealed[:5], "name-1"),
        (key, b"", "name-1"),
        (key, b"\2" + sealed[1:], "name-1"),
    ]:
        with pytest.raises(ObjectDamaged):
            vault.unseal(holder, text, label=label)


async def test_room_is_told(vault: Vault) -> None:
    assert vault.free_bytes() > 0
