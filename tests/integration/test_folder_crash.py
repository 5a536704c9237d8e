"""A folder's delivery killed at any moment is taken by the consumer exactly once."""

import asyncio
import errno
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.folder.adapter import CONCURRENT, OTHER_PAYLOAD, UNFIT, FolderOutbox
from adapters.folder.layout import INDEX, LEDGER
from adapters.folder.settings import FolderConnection
from schemas.deliveries import Parcel
from schemas.errors import FailureKind
from schemas.ids import DeliveryId
from schemas.outcomes import (
    Arrived,
    AttemptOutcome,
    DeliveryConfirmed,
    DeliveryFailed,
    NoAnswer,
    NotArrived,
    OutcomeUnknown,
)
from tests.contract.ways_out import surroundings
from tests.crash.killing import kill_at, moments_of
from tests.fakes.disks import BROKEN, FULL, Disk, failing, small_disk
from tests.parcels import make_attachment, make_document, make_parcel

DELIVERY = DeliveryId("d1")
Notice = Callable[[str], None]


def nothing(_: str) -> None:
    return


def outbox_at(
    home: Path, notice: Notice = nothing, *, path: str = "in", mount: str = ""
) -> FolderOutbox:
    connection = FolderConnection(
        path=Path(path),
        mount_point=(Path(mount),) if mount else (),
        deadline=timedelta(seconds=20),
    )
    return FolderOutbox(connection, surroundings(home), parallel=2, notice=notice)


def parcel() -> Parcel:
    return make_parcel(
        make_document(), make_attachment(b"x" * 3_000_000), delivery=DELIVERY
    )


async def delivered(
    home: Path, notice: Notice = nothing, parcel_: Parcel | None = None
) -> AttemptOutcome:
    outbox = outbox_at(home, notice)
    try:
        return await outbox.deliver(parcel_ or parcel())
    finally:
        await outbox.aclose()


class Consumer:
    """Takes sets as docs/destinations.md says: claim the set, then the marker."""

    def __init__(self, root: Path, away: Path) -> None:
        self._root = root
        self._away = away
        self.taken: list[str] = []

    def look(self) -> None:
        for marker in self._root.glob("*.fertig"):
            claimed = self._away / f"{marker.stem}-{len(self.taken)}"
            (self._root / marker.stem).rename(claimed)
            assert complete(claimed)
            self.taken.append(marker.stem)
            marker.unlink()


def complete(folder: Path) -> bool:
    index = json.loads((folder / INDEX).read_bytes())
    sizes = {entry["name"]: entry["size"] for entry in index["documents"]}
    found = {p.name: p.stat().st_size for p in folder.iterdir() if p.name != INDEX}
    return sizes == found


def visible(home: Path) -> set[str]:
    return {path.name for path in (home / "in").iterdir()} - {LEDGER}


def moments() -> Iterator[str]:
    """The effects on the disk, in order; the test below keeps the list true."""
    for name in ("0001.xml", "0002.pdf", INDEX):
        yield f"{name} written"
        yield f"{name} synced"
    yield from ("room made", "set renamed", "set synced")
    for name in ("ledger", ".fertig"):
        yield from (f"{name} written", f"{name} renamed", f"{name} synced")


def test_every_effect_on_the_disk_is_a_moment_to_die(tmp_path: Path) -> None:
    async def work(at: Notice) -> None:
        await delivered(tmp_path, at)

    assert set(moments_of(work)) == set(moments())


@pytest.mark.parametrize("moment", list(moments()))
@pytest.mark.parametrize("eager", [True, False], ids=["taken at once", "taken later"])
def test_killed_at_any_moment_and_repeated_it_is_taken_once(
    tmp_path: Path, moment: str, *, eager: bool
) -> None:
    async def work(at: Notice) -> None:
        await delivered(tmp_path, at)

    consumer = Consumer(tmp_path / "in", tmp_path)
    kill_at(work, moment)
    if eager:
        consumer.look()
    first = asyncio.run(delivered(tmp_path))
    second = asyncio.run(delivered(tmp_path))
    if not eager:
        assert visible(tmp_path) == {DELIVERY, f"{DELIVERY}.fertig"}
    consumer.look()

    assert isinstance(first, DeliveryConfirmed)
    assert isinstance(second, DeliveryConfirmed)
    assert consumer.taken == [DELIVERY]
    assert visible(tmp_path) == set()
    assert list((tmp_path / "in" / LEDGER / "tmp").iterdir()) == []


@pytest.mark.parametrize("act", [FULL, BROKEN], ids=["full", "broken"])
async def test_a_disk_that_fails_at_any_effect_is_told_truly(
    tmp_path: Path, act: Callable[[], None]
) -> None:
    for number in range(1, len(list(moments())) + 1):
        home = tmp_path / str(number)
        home.mkdir()
        disk = Disk(at=number, act=act)
        outcome = await delivered(home, disk)
        offered = f"{DELIVERY}.fertig" in visible(home)
        again = await delivered(home)

        assert isinstance(outcome, OutcomeUnknown if offered else DeliveryFailed)
        if isinstance(outcome, DeliveryFailed):
            assert (outcome.kind, outcome.whole_destination) == (
                FailureKind.AWAY,
                True,
            )
        assert isinstance(again, DeliveryConfirmed)
        assert visible(home) == {DELIVERY, f"{DELIVERY}.fertig"}


async def test_a_full_disk_is_left_as_it_was(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 1_000_000) as home:
        outcome = await delivered(home)

        assert outcome == DeliveryFailed(
            kind=FailureKind.AWAY, code="E-FOLDER-FULL", whole_destination=True
        )
        for _ in range(100):
            left = list((home / "in" / LEDGER / "tmp").iterdir())
            if not left:
                break
            await asyncio.sleep(0.02)
        assert left == []
        small = make_parcel(make_document(), delivery="d2")
        assert isinstance(await delivered(home, parcel_=small), DeliveryConfirmed)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "E-FOLDER-FULL"),
        (errno.EDQUOT, "E-FOLDER-FULL"),
        (errno.ESTALE, "E-FOLDER-MISSING"),
        (errno.EACCES, "E-FOLDER-DENIED"),
        (errno.EROFS, "E-FOLDER-DENIED"),
        (errno.EIO, "E-FOLDER-IO"),
        (errno.EEXIST, CONCURRENT),
    ],
)
async def test_what_is_wrong_with_the_disk_has_a_code(
    tmp_path: Path, number: int, code: str
) -> None:
    outcome = await delivered(tmp_path, Disk(at=1, act=failing(number)))

    assert isinstance(outcome, DeliveryFailed)
    assert outcome.code == code
    assert outcome.whole_destination is (code != CONCURRENT)


async def test_a_folder_of_somebody_else_is_never_made(tmp_path: Path) -> None:
    outbox = outbox_at(tmp_path, path=str(tmp_path / "share" / "in"))
    outcome = await outbox.deliver(parcel())
    answer = await outbox.ask(DELIVERY)
    findings = await outbox.check()
    await outbox.aclose()

    assert isinstance(outcome, DeliveryFailed)
    assert outcome.code == "E-FOLDER-MISSING"
    assert answer == NoAnswer(code="E-FOLDER-MISSING")
    assert [finding.ok for finding in findings] == [False]
    assert list(tmp_path.iterdir()) == []


async def test_an_empty_mount_point_is_not_filled(tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    share = str(tmp_path / "share")
    outbox = outbox_at(tmp_path, path=share, mount=share)
    outcome = await outbox.deliver(parcel())
    findings = await outbox.check()
    await outbox.aclose()

    assert isinstance(outcome, DeliveryFailed)
    assert outcome.whole_destination
    assert [(finding.subject, finding.ok) for finding in findings] == [("mount", False)]
    assert list((tmp_path / "share").iterdir()) == []


async def test_a_set_that_was_taken_is_delivered(tmp_path: Path) -> None:
    await delivered(tmp_path)
    consumer = Consumer(tmp_path / "in", tmp_path)
    consumer.look()

    outcome = await delivered(tmp_path)
    outbox = outbox_at(tmp_path)
    answer = await outbox.ask(DELIVERY)
    await outbox.aclose()

    assert isinstance(outcome, DeliveryConfirmed)
    assert isinstance(answer, Arrived)
    assert visible(tmp_path) == set()


async def test_a_set_without_marker_has_not_arrived(tmp_path: Path) -> None:
    await delivered(tmp_path)
    (tmp_path / "in" / f"{DELIVERY}.fertig").unlink()
    outbox = outbox_at(tmp_path)

    answer = await outbox.ask(DELIVERY)
    await outbox.aclose()

    assert answer == NotArrived()


async def test_a_lost_ledger_does_not_offer_a_second_set(tmp_path: Path) -> None:
    await delivered(tmp_path)
    ledger = tmp_path / "in" / LEDGER / DELIVERY
    ledger.unlink()

    outcome = await delivered(tmp_path)

    assert isinstance(outcome, DeliveryConfirmed)
    assert ledger.exists()
    assert visible(tmp_path) == {DELIVERY, f"{DELIVERY}.fertig"}


async def test_a_half_set_that_somebody_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "in" / DELIVERY).mkdir(parents=True)
    (tmp_path / "in" / DELIVERY / "0001.xml").write_text("half")

    await delivered(tmp_path)

    assert complete(tmp_path / "in" / DELIVERY)


async def test_another_payload_under_the_same_id_is_refused(tmp_path: Path) -> None:
    await delivered(tmp_path)
    other = make_parcel(delivery=DELIVERY, payload="payload-2")

    outcome = await delivered(tmp_path, parcel_=other)

    assert outcome == DeliveryFailed(kind=FailureKind.OURS, code=OTHER_PAYLOAD)


@pytest.mark.parametrize("delivery", ["../d1", "a/b", "", ".", "a b", "x" * 101])
async def test_an_id_that_is_no_plain_name_is_never_a_path(
    tmp_path: Path, delivery: str
) -> None:
    outcome = await delivered(tmp_path, parcel_=make_parcel(delivery=delivery))

    assert outcome == DeliveryFailed(kind=FailureKind.OURS, code=UNFIT)
    assert list(tmp_path.iterdir()) == []


async def test_the_ledger_holds_nothing_personal(tmp_path: Path) -> None:
    attachment = make_attachment(filename="Bescheid Erika Mustermann.pdf")
    with_name = make_parcel(make_document(), attachment, delivery=DELIVERY)
    await delivered(tmp_path, parcel_=with_name)

    ledger = (tmp_path / "in" / LEDGER / DELIVERY).read_text()
    index = (tmp_path / "in" / DELIVERY / INDEX).read_text()

    assert "Mustermann" not in ledger
    assert "Mustermann" in index


async def test_a_check_leaves_nothing_and_finds_a_folder_we_may_not_write(
    tmp_path: Path,
) -> None:
    (tmp_path / "in").mkdir()
    outbox = outbox_at(tmp_path, path=str(tmp_path / "in"))
    well = await outbox.check()
    left = list((tmp_path / "in").iterdir())
    shutil.rmtree(tmp_path / "in")
    (tmp_path / "in").write_text("a file")
    unwell = await outbox.check()
    await outbox.aclose()

    assert [finding.ok for finding in well] == [True] * 4
    assert left == []
    assert [finding.subject for finding in unwell if not finding.ok] == ["folder"]
