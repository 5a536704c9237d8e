"""Every vault notices whatever was changed, moved, swapped or lost."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.documents import WrappedKey
from schemas.errors import (
    KeyMissing,
    ObjectDamaged,
)
from schemas.ids import DocumentId, KeyName
from schemas.limits import FRAME_BYTES, INLINE_BYTES
from storage.base import Vault
from tests.contract.vaults import Bench, local, memory
from tests.fakes.stores import (
    CASE,
    OFFICE,
    TENANT,
    load,
    new_key,
    some_bytes,
    store,
)

IN_FILES = INLINE_BYTES + 1


@pytest.fixture(params=[memory, local])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    made: Bench = request.param(tmp_path)
    return made


@pytest.fixture
def vault(bench: Bench) -> Vault:
    return bench.vault


async def test_a_key_moved_to_another_case_is_noticed(vault: Vault) -> None:
    wrapped = new_key(vault).wrapped
    other = new_key(vault, case="other")

    with pytest.raises(ObjectDamaged):
        vault.open_key(tenant=TENANT, office=OFFICE, case=other.case, wrapped=wrapped)


async def test_a_damaged_key_is_noticed(vault: Vault) -> None:
    wrapped = new_key(vault).wrapped
    cut = replace(wrapped, wrapped=wrapped.wrapped[:-1])

    with pytest.raises(ObjectDamaged):
        vault.open_key(tenant=TENANT, office=OFFICE, case=CASE, wrapped=cut)


async def test_a_missing_wrapping_key_is_named(vault: Vault) -> None:
    wrapped = WrappedKey(
        kek=KeyName("kek-gone"), wrapped=new_key(vault).wrapped.wrapped
    )

    with pytest.raises(KeyMissing, match="kek-gone"):
        vault.open_key(tenant=TENANT, office=OFFICE, case=CASE, wrapped=wrapped)


@pytest.mark.parametrize("size", [0, 100, IN_FILES, FRAME_BYTES + 100])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda sealed: sealed[:-1], id="cut"),
        pytest.param(lambda sealed: sealed[:10], id="cut to the header"),
        pytest.param(lambda sealed: b"", id="emptied"),
        pytest.param(lambda sealed: sealed + b"\0", id="appended"),
        pytest.param(lambda sealed: b"X" + sealed[1:], id="magic"),
        pytest.param(lambda sealed: sealed[:4] + b"\2" + sealed[5:], id="version"),
        pytest.param(lambda sealed: sealed[:-1] + b"\0\0", id="last byte and more"),
        pytest.param(
            lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]), id="last bit"
        ),
    ],
)
async def test_damage_is_noticed(
    bench: Bench, size: int, change: Callable[[bytes], bytes]
) -> None:
    key = new_key(bench.vault)
    stored = await store(bench.vault, key, some_bytes(size))

    damaged = bench.damage(stored, change)

    with pytest.raises(ObjectDamaged):
        await load(bench.vault, key, damaged)


async def test_a_last_frame_cut_off_is_noticed_before_it_would_be_missed(
    bench: Bench,
) -> None:
    key = new_key(bench.vault)
    stored = await store(bench.vault, key, some_bytes(FRAME_BYTES + 100))
    shortened = replace(stored, size=FRAME_BYTES)

    damaged = bench.damage(shortened, lambda sealed: sealed[: -(100 + 16)])

    with pytest.raises(ObjectDamaged):
        await load(bench.vault, key, damaged)


@pytest.mark.parametrize("size", [100, IN_FILES])
async def test_objects_of_one_case_cannot_be_swapped(bench: Bench, size: int) -> None:
    key, other = new_key(bench.vault), DocumentId("other")
    stored = await store(bench.vault, key, some_bytes(size))
    swapped = await store(bench.vault, key, some_bytes(size), document=other)

    with pytest.raises(ObjectDamaged):
        await load(bench.vault, key, replace(stored, place=swapped.place))


@pytest.mark.parametrize("moved", ["case", "tenant"])
@pytest.mark.parametrize("size", [100, IN_FILES])
async def test_an_object_opens_only_for_its_case(
    vault: Vault, size: int, moved: str
) -> None:
    key = new_key(vault)
    stored = await store(vault, key, some_bytes(size))
    elsewhere = (
        replace(key, case=new_key(vault, case="other").case)
        if moved == "case"
        else replace(key, tenant=new_key(vault, tenant="other").tenant)
    )

    with pytest.raises(ObjectDamaged):
        await load(vault, elsewhere, stored)


async def test_another_key_opens_nothing(vault: Vault) -> None:
    stored = await store(vault, new_key(vault), b"content")

    with pytest.raises(ObjectDamaged):
        await load(vault, new_key(vault), stored)


async def test_a_size_that_does_not_fit_is_noticed(vault: Vault) -> None:
    key = new_key(vault)
    stored = await store(vault, key, b"content")

    with pytest.raises(ObjectDamaged):
        await load(vault, key, replace(stored, size=6))


async def test_an_object_that_is_gone_is_damage(vault: Vault) -> None:
    key = new_key(vault)
    stored = await store(vault, key, some_bytes(IN_FILES))
    await vault.discard(stored)

    with pytest.raises(ObjectDamaged):
        await load(vault, key, stored)
