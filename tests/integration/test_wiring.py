"""Worker and door as they are composed: in one process, on both databases."""

import asyncio
import os
from pathlib import Path

import httpx
import pytest
from sqlalchemy import delete

from adapters.base import Surroundings
from adapters.memory import MemoryNotes
from adapters.registry import standard_registry
from adapters.secrets import MachineSecrets
from api.app import create_app
from api.tokens import new_token
from api.waking import waking
from api.wiring import open_door
from flows.outboxes import ConfiguredOutboxes
from flows.wiring import open_workplace, work, work_once
from schemas.errors import ConfigurationInvalid, KeyMissing
from schemas.ids import DestinationId, SenderId, TenantId
from schemas.scope import Scope
from schemas.services import Mode
from storage.cases import SqlCases
from storage.database import Database
from storage.ports import SenderToken
from storage.settings import Settings
from storage.tables import LeaseRow
from storage.tables.base import table
from storage.vitals import living_workers
from storage.wake import Wake, listening
from tests.clocks import TestClock
from tests.counterparts.kreis import taking_anything

HUNDESTEUER = "99102013002000"
TENANT = TenantId("musterland")


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings.model_validate(
        {
            "home": tmp_path / "home",
            "config": taking_anything(tmp_path / "config"),
            "database_url": database_url,
        }
    )


async def hand_in(settings: Settings, count: int) -> None:
    """Through the door, as a form server does."""
    secret = new_token(os.urandom)
    sender = SenderToken(
        tenant=TENANT,
        sender=SenderId("probe"),
        offices=frozenset(),
        services=frozenset(),
    )
    async with open_door(settings) as door:
        await door.tokens.create(sender, secret)
        transport = httpx.ASGITransport(app=create_app(door))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://door"
        ) as client:
            for number in range(count):
                answer = await client.post(
                    "/api/v1/submissions",
                    content=b"<antrag/>",
                    headers={
                        "Authorization": f"Bearer {secret}",
                        "Amtsweg-Service": HUNDESTEUER,
                        "Idempotency-Key": str(number),
                        "Content-Type": "application/xml",
                    },
                )
                assert answer.status_code == 202, answer.text


async def states(settings: Settings) -> dict[str, int]:
    database = Database(settings.database)
    try:
        return await SqlCases(database).count_by_state(Scope(tenant=TENANT))
    finally:
        await database.close()


async def test_what_the_door_takes_a_single_pass_carries_to_its_end(
    settings: Settings,
) -> None:
    await hand_in(settings, 3)

    done = await work_once(settings)

    assert done >= 3
    assert await states(settings) == {"Closed": 3}
    assert len(list((settings.home / "ablage").glob("*.fertig"))) == 3
    assert await work_once(settings) == 0


async def test_a_worker_that_others_took_over_begins_a_new_life(
    settings: Settings,
) -> None:
    await hand_in(settings, 0)
    stop = asyncio.Event()
    working = asyncio.create_task(work(settings, stop))
    database = Database(settings.database)
    first = await first_worker(database, set())
    leases = table(LeaseRow)

    async with database.write("test") as connection:
        await connection.execute(delete(leases).where(leases.c.holder == first))
    await hand_in(settings, 1)
    second = await first_worker(database, {first})

    assert second != first
    async with asyncio.timeout(20):
        while await states(settings) != {"Closed": 1}:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    stop.set()
    await working
    assert await living_workers(database) == ()
    await database.close()


async def first_worker(database: Database, before: set[str]) -> str:
    async with asyncio.timeout(20):
        while True:
            for worker in await living_workers(database):
                if worker.id not in before:
                    return worker.id
            await asyncio.sleep(0.02)


async def test_many_commits_wake_workers_a_few_times_only(
    postgres_url: str,
) -> None:
    database = Database(postgres_url)
    woken = 0

    class Counting(Wake):
        def __call__(self) -> None:
            nonlocal woken
            woken += 1

    async with listening(database, Counting()), waking(database) as wake:
        await asyncio.sleep(0.3)
        for _ in range(500):
            wake()
            await asyncio.sleep(0)
        await asyncio.sleep(0.3)

    await database.close()
    assert 1 <= woken <= 5


async def test_a_destination_that_is_not_configured_is_a_key_error(
    settings: Settings,
) -> None:
    outboxes = ConfiguredOutboxes(
        {},
        standard_registry(),
        Surroundings(
            secrets=MachineSecrets(environ={}, home=settings.home),
            home=settings.home,
            clock=TestClock(),
            notes=MemoryNotes(),
        ),
    )

    with pytest.raises(KeyError):
        outboxes[DestinationId("nirgends")]


async def test_a_worker_knows_whose_each_way_out_is(settings: Settings) -> None:
    async with open_workplace(settings) as place:
        owners = place.ports.owners

    assert owners == dict.fromkeys(place.configuration.destinations, TENANT)
    assert owners


async def test_a_door_without_a_key_does_not_open_in_production(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    keys = tmp_path_factory.mktemp("elsewhere") / "keys"
    strict = settings.model_copy(update={"mode": Mode.PRODUCTION, "keys": keys})

    with pytest.raises(KeyMissing):
        async with open_door(strict):
            pass


async def test_a_pack_that_a_service_names_is_there_or_nothing_opens(
    settings: Settings, tmp_path: Path
) -> None:
    wohngeld = tmp_path / "config" / "services" / "wohngeld.toml"
    said = wohngeld.read_text(encoding="utf-8")
    wohngeld.write_text(f'{said}packs = ["demo-soziales"]\n', encoding="utf-8")

    for opened in (open_door(settings), open_workplace(settings)):
        with pytest.raises(ConfigurationInvalid) as caught:
            async with opened:
                pass
        [problem] = caught.value.problems
        assert problem.file == "services/wohngeld.toml"
        assert problem.line == len(said.splitlines()) + 1
        assert "`demo-soziales`" in problem.sentence
        assert "`demo-sozial`" in problem.remedy


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("fitconnect-problems.toml", '[fit-data-hash]\ninstance = "anywhere"\n'),
        ("fitconnect-replies.toml", '[paths]\nlist = "anywhere"\n'),
    ],
)
async def test_no_worker_starts_with_a_wrong_table(
    settings: Settings, tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / "config" / name).write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationInvalid) as caught:
        async with open_workplace(settings):
            pass

    [problem] = caught.value.problems
    assert (problem.file, problem.line) == (name, 2)


async def test_test_messages_are_for_houses_without_real_cases(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    keys = tmp_path_factory.mktemp("elsewhere") / "keys"
    await hand_in(settings.model_copy(update={"keys": keys}), 1)
    strict = settings.model_copy(update={"mode": Mode.PRODUCTION, "keys": keys})

    async with open_workplace(strict) as place:
        assert place.ports.is_test is False
    async with open_workplace(settings.model_copy(update={"keys": keys})) as place:
        assert place.ports.is_test is None
