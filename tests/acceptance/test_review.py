"""A case that waits for a person holds nothing and costs nothing."""

from collections import Counter
from datetime import timedelta

from schemas.rules.process import STANDARD_PROCESS
from schemas.states import InReview
from tests.acceptance.simulated import simulation
from tests.fakes.counterpart import Counterpart
from tests.house import service
from tests.looking import row_of, rows

REVIEWED = (*STANDARD_PROCESS[:4], "review", *STANDARD_PROCESS[4:])


async def test_a_case_in_review_holds_no_lease_and_wakes_nobody(
    database_url: str,
) -> None:
    counterpart = Counterpart()
    async with simulation(database_url, counterpart) as world:
        case = await world.house.receive(service(process=REVIEWED))
        await world.work()
        before = Counter(world.transactions)
        await world.for_(timedelta(days=2))

        state = (await world.states())[case.number]
        row = await row_of(world.house, case)
        transactions = Counter(world.transactions) - before
        [lease] = await rows(world.house, "leases")

    assert isinstance(state, InReview)
    assert (row["owner"], row["due_at"], row["permit"]) == (None, None, "")
    assert lease["name"].startswith("worker:")
    assert transactions["before lease"] == 0
    assert counterpart.calls == []
