"""Every archive writes a package once, whole, and can prove it later."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import pytest

from schemas.errors import AlreadyArchived, ObjectDamaged, UnsafePath
from storage.archive.local import LocalArchive
from storage.base import Archive, PackageFile
from storage.memory import MemoryArchive
from tests.fakes.stores import chunks_of, files_of, some_bytes, split

LOCATION = f"v1/99012345678901/2026/{'c' * 32}/p0001"
ABOUT = {"case": "2026-000123", "created": "2026-11-20T10:00:00+00:00"}
CONTENTS = {
    "data/original/submission.xml": b"<antrag/>",
    "data/original/attachments/0001.bin": some_bytes(5000),
    "evidence/events.jsonl": b"",
}


class Listing(Archive, Protocol):
    """An archive that tells what is unfinished."""

    async def incomplete(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """An archive, and hands that can reach into its packages from outside."""

    archive: Listing
    files: Callable[[], dict[str, bytes]]
    poke: Callable[[str, bytes], None]
    drop: Callable[[str], None]


def memory(_root: Path) -> Bench:
    archive = MemoryArchive()

    def drop(name: str) -> None:
        del archive.packages[LOCATION][name]

    return Bench(
        archive=archive,
        files=lambda: dict(archive.packages[LOCATION]),
        poke=lambda name, data: archive.packages[LOCATION].update({name: data}),
        drop=drop,
    )


def local(root: Path) -> Bench:
    folder = root / LOCATION

    def files() -> dict[str, bytes]:
        paths = [path for path in folder.rglob("*") if path.is_file()]
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in paths}

    def drop(name: str) -> None:
        (folder / name).unlink()

    def poke(name: str, data: bytes) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_bytes(data)

    return Bench(archive=LocalArchive(root), files=files, poke=poke, drop=drop)


@pytest.fixture(params=[memory, local])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    made: Bench = request.param(tmp_path)
    return made


@pytest.fixture
def archive(bench: Bench) -> Listing:
    return bench.archive


async def test_a_package_holds_what_was_given(bench: Bench) -> None:
    written = await bench.archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)

    files = bench.files()
    assert {path: files[path] for path in CONTENTS} == CONTENTS
    assert written.location == LOCATION
    assert written.manifest_sha256 == sha256(files["manifest.json"]).hexdigest()


async def test_a_written_package_verifies(archive: Listing) -> None:
    written = await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)

    assert await archive.verify_package(LOCATION) == written
    assert await archive.incomplete() == ()


async def test_writing_again_gives_the_same_answer(bench: Bench) -> None:
    first = await bench.archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)
    files = bench.files()

    again = await bench.archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)

    assert again == first
    assert bench.files() == files


async def test_the_order_of_files_does_not_matter(archive: Listing) -> None:
    first = await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)
    turned = dict(reversed(CONTENTS.items()))

    assert await archive.write_package(LOCATION, files_of(turned), ABOUT) == first


async def test_chunks_do_not_matter(bench: Bench) -> None:
    content = some_bytes(3_000_000)
    pieces = split(content, [0, 1, 1_048_576, 1_048_577, 7])

    async def files() -> AsyncIterator[PackageFile]:
        yield PackageFile(
            path="data/a.bin", role="r", media_type="m", chunks=chunks_of(*pieces)
        )
        yield PackageFile(
            path="data/b.bin", role="r", media_type="m", chunks=chunks_of()
        )

    await bench.archive.write_package(LOCATION, files(), ABOUT)

    assert bench.files()["data/a.bin"] == content
    assert bench.files()["data/b.bin"] == b""


@pytest.mark.parametrize(
    "contents",
    [
        pytest.param({**CONTENTS, "evidence/events.jsonl": b"{}"}, id="other bytes"),
        pytest.param({**CONTENTS, "evidence/more.jsonl": b""}, id="one more"),
        pytest.param({"data/original/submission.xml": b"<antrag/>"}, id="fewer"),
    ],
)
async def test_another_package_under_the_name_is_refused(
    bench: Bench, contents: dict[str, bytes]
) -> None:
    await bench.archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)
    before = bench.files()

    with pytest.raises(AlreadyArchived):
        await bench.archive.write_package(LOCATION, files_of(contents), ABOUT)

    assert bench.files() == before


async def test_another_description_under_the_name_is_refused(archive: Listing) -> None:
    await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)

    with pytest.raises(AlreadyArchived):
        await archive.write_package(LOCATION, files_of(CONTENTS), {"case": "other"})


async def test_there_is_no_package_before_the_first_is_written(
    archive: Listing,
) -> None:
    assert await archive.verify_package(LOCATION) is None
    assert await archive.incomplete() == ()


async def broken_files() -> AsyncIterator[PackageFile]:
    """A source that fails in the middle of its second file."""

    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ObjectDamaged

    async for file in files_of({"data/0001.xml": b"whole" * 300_000}):
        yield file
    yield PackageFile(path="data/0002.xml", role="r", media_type="m", chunks=broken())


async def test_a_broken_source_leaves_no_package(archive: Listing) -> None:
    with pytest.raises(ObjectDamaged):
        await archive.write_package(LOCATION, broken_files(), ABOUT)

    assert await archive.verify_package(LOCATION) is None


async def test_what_a_broken_try_left_is_completed(bench: Bench) -> None:
    with pytest.raises(ObjectDamaged):
        await bench.archive.write_package(LOCATION, broken_files(), ABOUT)
    left = await bench.archive.incomplete()
    contents = {"data/0001.xml": b"whole" * 300_000, "data/0002.xml": b"half"}

    written = await bench.archive.write_package(LOCATION, files_of(contents), ABOUT)

    assert left in {(), (LOCATION,)}
    assert await bench.archive.verify_package(LOCATION) == written
    assert await bench.archive.incomplete() == ()


async def test_a_try_with_other_files_does_not_take_over_the_first(
    bench: Bench,
) -> None:
    await bench.archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)
    bench.drop("manifest.json")

    fewer = {"data/original/submission.xml": b"<antrag/>"}
    other = {**CONTENTS, "evidence/events.jsonl": b"{}"}
    for contents in (fewer, other):
        with pytest.raises(AlreadyArchived):
            await bench.archive.write_package(LOCATION, files_of(contents), ABOUT)

    assert await bench.archive.incomplete() == (LOCATION,)


Damage = Callable[[Bench], None]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(
            lambda b: b.poke("data/original/submission.xml", b"<x/>"), id="other"
        ),
        pytest.param(lambda b: b.drop("evidence/events.jsonl"), id="missing"),
        pytest.param(lambda b: b.poke("data/original/new.xml", b""), id="surplus"),
        pytest.param(lambda b: b.poke("bagit.txt", b""), id="tag file"),
        pytest.param(lambda b: b.poke("manifest.json", b"{}"), id="manifest emptied"),
        pytest.param(lambda b: b.poke("manifest.json", b"\xff"), id="not JSON"),
        pytest.param(
            lambda b: b.poke("manifest.json", b" " + b.files()["manifest.json"]),
            id="manifest rewritten",
        ),
        pytest.param(
            lambda b: b.poke(
                "manifest.json", b.files()["manifest.json"].replace(b"p0001", b"p0002")
            ),
            id="moved",
        ),
    ],
)
async def test_damage_is_noticed(bench: Bench, damage: Damage) -> None:
    await bench.archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)

    damage(bench)

    with pytest.raises(ObjectDamaged):
        await bench.archive.verify_package(LOCATION)


@pytest.mark.parametrize(
    "location",
    [
        "",
        "v1",
        "../v1/9/2026/c/p0001",
        "v1/9/2026/../p0001",
        "v1/9/2026/c/p1",
        "v1/9/2026/c/p0001/",
        "v1/9/2026/c/p0001\n",
        "v1/ä/2026/c/p0001",
    ],
)
async def test_a_place_that_is_none_is_refused(archive: Listing, location: str) -> None:
    with pytest.raises(UnsafePath):
        await archive.write_package(location, files_of(CONTENTS), ABOUT)
    with pytest.raises(UnsafePath):
        await archive.verify_package(location)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "manifest.json",
        "bagit.txt",
        "/data/a.xml",
        "data/../a.xml",
        "data//a.xml",
        "data/.a",
        "data/Bauantrag Müller.pdf",
        "data/a.xml\n",
    ],
)
async def test_a_file_name_that_is_not_ours_is_refused(
    archive: Listing, path: str
) -> None:
    with pytest.raises(UnsafePath):
        await archive.write_package(LOCATION, files_of({path: b""}), ABOUT)


async def test_a_name_is_taken_once(archive: Listing) -> None:
    async def twice() -> AsyncIterator[PackageFile]:
        for _ in range(2):
            async for file in files_of({"data/a.xml": b""}):
                yield file

    with pytest.raises(UnsafePath):
        await archive.write_package(LOCATION, twice(), ABOUT)


async def test_packages_of_one_case_stand_side_by_side(archive: Listing) -> None:
    second = LOCATION.replace("p0001", "p0002")
    await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)

    written = await archive.write_package(second, files_of(CONTENTS), ABOUT)

    assert await archive.verify_package(second) == written
