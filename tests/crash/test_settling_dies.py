"""What people settle, and what is seen of replies: as a whole, or not at all."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from schemas.deliveries import Parcel
from schemas.ids import CaseNumber, DeliveryId
from schemas.limits import LONGEST_CALL
from schemas.outcomes import AttemptOutcome, OutcomeUnknown
from schemas.replies import ListedReply, ReplyState, SeenReply
from schemas.states import Delivering
from storage.decisions import Decision
from storage.replies import ReplyStore
from tests.contract.channelling import event, ordered, store
from tests.crash.counterpart import FileCounterpart
from tests.crash.killing import Moment
from tests.crash.scene import Scene
from tests.crash.statements import die_everywhere
from tests.house import SCOPE, House
from tests.looking import assert_chains_hold, change, rows

BY_ERIKA = Decision(actor="erika", reason="nachgefragt")
LATE, GONE = "E-FIT-REJECTED-BY-SERVICE", "E-FIT-LOG-GONE"
FIRST = CaseNumber("2026-000001")


class Forgetful(FileCounterpart):
    """The log that would have proved it is lost."""

    async def deliver(self, parcel: Parcel) -> AttemptOutcome:
        await super().deliver(parcel)
        return OutcomeUnknown(code=GONE)


@dataclass(frozen=True, kw_only=True, slots=True)
class LostLog(Scene):
    def counterpart(self, at: Moment = lambda _: None) -> FileCounterpart:
        place = self.folder / "counterpart"
        place.mkdir(exist_ok=True)
        return Forgetful(place, self.certainty, at)


async def chains_hold(scene: Scene) -> None:
    async with scene.house() as house:
        await assert_chains_hold(house, *await house.cases.list(SCOPE))


def test_an_answer_is_settled_with_its_event_or_not_at_all(
    database_url: str, tmp_path: Path
) -> None:
    scene = Scene(url=database_url, folder=tmp_path)

    async def prepare() -> None:
        await scene.receive(0)
        async with scene.house() as house:
            case = await ordered(house, "s-1", case="s-1")
            proof = event("late", kind="reject-submission", at=house)
            await store(house).refused(case.id, LATE, (proof,))
            await change(house, "cases", {"owner": None})

    asyncio.run(prepare())

    settled = die_everywhere(
        scene, lambda house: store(house).settle(SCOPE, FIRST, BY_ERIKA)
    )

    assert settled > 4
    asyncio.run(chains_hold(scene))


def test_what_did_not_arrive_gets_another_id_as_a_whole(
    database_url: str, tmp_path: Path
) -> None:
    scene = LostLog(url=database_url, folder=tmp_path)

    async def in_review() -> None:
        await scene.receive(1)
        for later in (timedelta(0), LONGEST_CALL):
            async with scene.house(later=later) as house:
                await house.work()

    asyncio.run(in_review())

    async def settle(house: House) -> None:
        await house.decisions.settle_unknown(SCOPE, FIRST, BY_ERIKA, arrived=False)

    assert die_everywhere(scene, settle) > 4

    async def look() -> list[int]:
        async with scene.house() as house:
            [case] = await house.cases.list(SCOPE)
            assert isinstance(case.state, Delivering)
            return sorted(row["generation"] for row in await rows(house, "deliveries"))

    assert asyncio.run(look()) == [1, 2]
    asyncio.run(chains_hold(scene))


def test_a_reply_is_kept_with_its_proof_or_not_at_all(
    database_url: str, tmp_path: Path
) -> None:
    scene = Scene(url=database_url, folder=tmp_path)

    async def delivered() -> DeliveryId:
        await scene.receive(1)
        async with scene.house() as house:
            await house.work()
            [row] = await rows(house, "deliveries")
            return DeliveryId(row["id"])

    delivery = asyncio.run(delivered())
    listed = ListedReply(reply="r-1", case="c-1")

    async def keep(house: House) -> None:
        proof = event("reply", kind="submit-reply", at=house)
        seen = SeenReply(state=ReplyState.WAITING, events=(proof,))
        await ReplyStore(house.database).keep(delivery, listed, seen, is_listed=True)

    assert die_everywhere(scene, keep) > 3
