"""A shelf: what is kept is whole and in order, of all else nothing is left."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.documents import Role
from schemas.errors import StorageFull
from schemas.ids import CaseId, OfficeId
from schemas.limits import INLINE_BYTES
from schemas.scope import DEFAULT_TENANT
from storage.memory import MemoryVault
from storage.shelf import VaultShelf
from tests.contract.vaults import Bench, local, memory

BIG = bytes(INLINE_BYTES + 1)


@pytest.fixture(params=[memory, local])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    make: Callable[[Path], Bench] = request.param
    return make(tmp_path)


def shelf_of(bench: Bench) -> VaultShelf:
    key = bench.vault.new_key(
        tenant=DEFAULT_TENANT, office=OfficeId("o"), case=CaseId("c" * 32)
    )
    return VaultShelf(bench.vault, key, os.urandom)


async def put(shelf: VaultShelf, role: Role, *chunks: bytes, name: str = "") -> None:
    for chunk in chunks:
        await shelf.write(chunk)
    await shelf.keep(role=role, media_type="application/xml", filename=name)


async def test_the_main_document_stands_first_whenever_it_came(bench: Bench) -> None:
    shelf = shelf_of(bench)
    await put(shelf, Role.ATTACHMENT, b"a", name="1.pdf")
    await put(shelf, Role.MAIN, b"m", b"ain", name="Antrag Müller.xml")
    await put(shelf, Role.ATTACHMENT, BIG, name="2.pdf")

    documents = shelf.documents()

    assert [(one.position, one.role) for one in documents] == [
        (0, Role.MAIN),
        (1, Role.ATTACHMENT),
        (2, Role.ATTACHMENT),
    ]
    names = [
        bench.vault.unseal(shelf.key, one.sealed_name, label=one.stored.id)
        for one in documents
    ]
    assert names == ["Antrag Müller.xml", "1.pdf", "2.pdf"]
    main = [chunk async for chunk in bench.vault.read(shelf.key, documents[0].stored)]
    assert b"".join(main) == b"main"
    assert [one.sha256 for one in shelf.prints()] == [
        one.stored.sha256 for one in documents
    ]


async def test_a_document_without_a_byte_is_kept(bench: Bench) -> None:
    shelf = shelf_of(bench)
    await put(shelf, Role.MAIN)

    [document] = shelf.documents()
    assert document.stored.size == 0


async def test_of_a_dropped_document_nothing_is_left(bench: Bench) -> None:
    shelf = shelf_of(bench)
    await shelf.write(BIG)
    await shelf.drop()
    await shelf.drop()
    await put(shelf, Role.MAIN, b"next")

    [document] = shelf.documents()
    assert document.stored.size == 4
    assert bench.paths() == set()


async def test_after_discarding_nothing_is_left_at_all(bench: Bench) -> None:
    shelf = shelf_of(bench)
    await put(shelf, Role.MAIN, BIG)
    await put(shelf, Role.ATTACHMENT, BIG)
    await shelf.write(BIG)
    before = len(bench.paths())
    await shelf.discard()

    assert before >= 2
    assert bench.paths() == set()
    assert shelf.documents() == ()


async def test_a_full_vault_is_told_and_leaves_nothing() -> None:
    vault = MemoryVault(room=10)
    key = vault.new_key(
        tenant=DEFAULT_TENANT, office=OfficeId("o"), case=CaseId("c" * 32)
    )
    shelf = VaultShelf(vault, key, os.urandom)

    with pytest.raises(StorageFull):
        await put(shelf, Role.MAIN, BIG)
    await shelf.discard()

    assert vault.objects == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(documents=st.lists(st.lists(st.binary(max_size=20), max_size=4), max_size=5))
async def test_whatever_the_chunks_the_bytes_are_the_same(
    tmp_path: Path, documents: list[list[bytes]]
) -> None:
    bench = memory(tmp_path)
    shelf = shelf_of(bench)
    for chunks in documents:
        await put(shelf, Role.ATTACHMENT, *chunks)

    kept = [
        b"".join([part async for part in bench.vault.read(shelf.key, one.stored)])
        for one in shelf.documents()
    ]
    assert kept == [b"".join(chunks) for chunks in documents]
