"""The archive on a disk: durable in the right order, a bag, and cheap in threads."""

import asyncio
import hashlib
import shutil
import stat
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from schemas.errors import AlreadyArchived, StorageBroken, StorageFull
from schemas.limits import MIB
from storage.archive.local import LocalArchive
from tests.fakes.disks import BROKEN, FULL, Act, Disk, files_below, small_disk
from tests.fakes.stores import files_of, some_bytes

LOCATION = "v1/99012345678901/2026/case/p0001"
ABOUT = {"case": "2026-000123"}
CONTENTS = {
    "data/original/submission.xml": some_bytes(10_000),
    "evidence/events.jsonl": b'{"seq": 1}\n',
}

P = ParamSpec("P")
T = TypeVar("T")


class CountingThreads(ThreadPoolExecutor):
    """Counts how often a thread is asked."""

    asked = 0

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        self.asked += 1
        return super().submit(fn, *args, **kwargs)


async def test_a_small_package_asks_a_thread_once(tmp_path: Path) -> None:
    threads = CountingThreads()
    asyncio.get_running_loop().set_default_executor(threads)

    await LocalArchive(tmp_path).write_package(LOCATION, files_of(CONTENTS), ABOUT)

    assert threads.asked == 1


async def test_everything_is_durable_before_the_manifest(tmp_path: Path) -> None:
    disk = Disk()
    archive = LocalArchive(tmp_path, announce=disk)

    await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)

    links = [n for n, name in enumerate(disk.operations) if name == "link"]
    before = disk.operations[: links[-1]]
    assert len(links) == 2 + 4 + 1
    assert disk.operations[links[-1] :] == ["link", "unlink", "fsync-folder"]
    assert before[-3:] == ["create", "write", "fsync"]
    # The package, data, original, evidence, case, year, and four above it once.
    assert before.count("fsync-folder") == 6 + 4
    assert before.count("fsync") == before.count("create") - 1 == 7


async def test_folders_known_to_be_sound_are_not_synced_again(tmp_path: Path) -> None:
    disk = Disk()
    archive = LocalArchive(tmp_path, announce=disk)
    await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)
    disk.operations.clear()
    second = LOCATION.replace("/case/", "/another/")

    await archive.write_package(second, files_of(CONTENTS), ABOUT)

    assert disk.operations.count("fsync-folder") == 6 + 1


async def test_files_cannot_be_written_to(tmp_path: Path) -> None:
    await LocalArchive(tmp_path).write_package(LOCATION, files_of(CONTENTS), ABOUT)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in files_below(tmp_path)}
    assert modes == {0o440}
    assert stat.S_IMODE((tmp_path / LOCATION).stat().st_mode) & 0o027 == 0


async def test_the_package_is_a_bag(tmp_path: Path) -> None:
    contents = {**CONTENTS, "data/original/attachments/0001.bin": some_bytes(2 * MIB)}
    await LocalArchive(tmp_path).write_package(LOCATION, files_of(contents), ABOUT)

    assert read_bag(tmp_path / LOCATION) == {
        path: content for path, content in contents.items() if path.startswith("data/")
    }


async def test_a_package_without_payload_is_a_bag_too(tmp_path: Path) -> None:
    contents = {"evidence/events.jsonl": b""}
    await LocalArchive(tmp_path).write_package(LOCATION, files_of(contents), ABOUT)

    assert read_bag(tmp_path / LOCATION) == {}


def read_bag(bag: Path) -> dict[str, bytes]:
    """The payload of a bag, read by the letter of RFC 8493 alone."""
    declaration = (bag / "bagit.txt").read_text("utf-8").splitlines()
    assert declaration == ["BagIt-Version: 1.0", "Tag-File-Character-Encoding: UTF-8"]
    assert (bag / "data").is_dir()
    payload = {
        path.relative_to(bag).as_posix(): path.read_bytes()
        for path in (bag / "data").rglob("*")
        if path.is_file()
    }
    for algorithm in ("sha256", "sha512"):
        lines = (bag / f"manifest-{algorithm}.txt").read_text("utf-8").splitlines()
        sums = {
            path: checksum for checksum, path in (line.split("  ") for line in lines)
        }
        assert sums == {
            path: hashlib.new(algorithm, content).hexdigest()
            for path, content in payload.items()
        }
    info = (bag / "bag-info.txt").read_text("utf-8").splitlines()
    labels = dict(line.split(": ", 1) for line in info)
    size = sum(map(len, payload.values()))
    assert labels["Payload-Oxum"] == f"{size}.{len(payload)}"
    return payload


@pytest.mark.parametrize(
    ("act", "error"), [(FULL, StorageFull), (BROKEN, StorageBroken)]
)
async def test_a_disk_that_fails_at_any_moment_never_spoils_the_package(
    tmp_path: Path, act: Act, error: type[Exception]
) -> None:
    sound = Disk()
    archive = LocalArchive(tmp_path / "sound", announce=sound)
    expected = await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)

    for at in range(1, len(sound.operations) + 1):
        root = tmp_path / str(at)
        archive = LocalArchive(root, announce=Disk(at=at, act=act))
        with pytest.raises(error):
            await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)
        assert list(root.glob(".incoming/*")) == []
        assert await archive.verify_package(LOCATION) in {None, expected}

        again = await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)
        assert again == expected == await archive.verify_package(LOCATION)
        assert await archive.incomplete() == ()


async def test_a_full_disk_is_told_and_leaves_no_drafts(tmp_path: Path) -> None:
    contents = {f"data/{n}.bin": some_bytes(MIB) for n in range(5)}
    with small_disk(tmp_path / "disk", 3 * MIB) as root:
        archive = LocalArchive(root)

        with pytest.raises(StorageFull):
            await archive.write_package(
                LOCATION, files_of({"data/big.bin": some_bytes(5 * MIB)}), ABOUT
            )

        assert files_below(root) == []
        assert await archive.verify_package(LOCATION) is None
        written = await archive.write_package(
            LOCATION, files_of({"data/0.bin": contents["data/0.bin"]}), ABOUT
        )
        assert await archive.verify_package(LOCATION) == written


async def test_twins_that_write_at_once_make_one_package(tmp_path: Path) -> None:
    contents = {f"data/{n:04}.bin": some_bytes(100_000 + n) for n in range(40)}
    archives = [LocalArchive(tmp_path) for _ in range(4)]

    written = await asyncio.gather(
        *(a.write_package(LOCATION, files_of(contents), ABOUT) for a in archives)
    )

    assert len(set(written)) == 1
    assert await archives[0].verify_package(LOCATION) == written[0]
    assert list(tmp_path.glob(".incoming/*")) == []


async def test_many_files_need_few_open_ones(tmp_path: Path) -> None:
    contents = {f"data/{n:04}.bin": b"x" for n in range(101)}
    disk = Disk()
    archive = LocalArchive(tmp_path, announce=disk)

    await archive.write_package(LOCATION, files_of(contents), ABOUT)

    still_open = most = 0
    for operation in disk.operations:
        still_open += (operation == "create") - (operation == "fsync")
        most = max(most, still_open)
    assert most <= 16 + 1


@pytest.mark.parametrize("operation", ["create", "fsync", "link", "fsync-folder"])
async def test_a_writer_cancelled_at_any_moment_leaves_no_drafts(
    tmp_path: Path, operation: str
) -> None:
    reached, opened = threading.Event(), threading.Event()

    def gate(name: str) -> None:
        if name == operation:
            reached.set()
            opened.wait(10)

    archive = LocalArchive(tmp_path, announce=gate)
    writing = asyncio.create_task(
        archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)
    )
    await asyncio.to_thread(reached.wait, 10)

    writing.cancel()
    await asyncio.sleep(0.01)
    opened.set()
    with pytest.raises(asyncio.CancelledError):
        await writing

    assert list(tmp_path.glob(".incoming/*")) == []
    written = await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)
    assert await archive.verify_package(LOCATION) == written


async def test_a_file_left_by_a_try_with_other_files_stops_the_package(
    tmp_path: Path,
) -> None:
    archive = LocalArchive(tmp_path)
    left = tmp_path / LOCATION / "data" / "left.xml"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"")

    with pytest.raises(AlreadyArchived):
        await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)

    assert await archive.verify_package(LOCATION) is None


async def test_a_root_removed_meanwhile_is_made_again(tmp_path: Path) -> None:
    archive = LocalArchive(tmp_path / "archive")
    await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)
    shutil.rmtree(tmp_path / "archive")

    written = await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)

    assert await archive.verify_package(LOCATION) == written


async def test_an_unfinished_package_is_listed(tmp_path: Path) -> None:
    archive = LocalArchive(tmp_path)
    await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)
    begun = tmp_path / "v1" / "99012345678901" / "2026" / "begun" / "p0001"
    (begun / "data").mkdir(parents=True)

    assert await archive.incomplete() == (begun.relative_to(tmp_path).as_posix(),)


async def test_drafts_of_the_dead_are_swept(tmp_path: Path) -> None:
    archive = LocalArchive(tmp_path)
    await archive.write_package(LOCATION, files_of(CONTENTS), ABOUT)
    (tmp_path / ".incoming" / "dead.part").write_bytes(b"draft")
    now = datetime.now(UTC)

    young = await archive.sweep(older_than=now - timedelta(hours=48))
    old = await archive.sweep(older_than=now + timedelta(hours=48))

    assert (young, old) == (0, 1)
    assert await archive.verify_package(LOCATION) is not None
