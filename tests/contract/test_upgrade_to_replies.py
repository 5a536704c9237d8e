"""From 0002 to 0003: what was delivered before can be answered."""

from sqlalchemy import text

from schemas.channels import Stage
from schemas.ids import DeliveryId
from schemas.replies import ReplyState
from schemas.scope import DEFAULT_TENANT
from storage.migrate import upgrade_async
from storage.replies import ReplyStore
from storage.versions import check_version
from tests.contract.following import delivered, shown, store
from tests.contract.test_replies import CASE, LISTED, WAITS
from tests.contract.test_upgrade_to_channels import columns
from tests.house import FACHVERFAHREN, House
from tests.looking import rows


async def take_back(home: House) -> None:
    """The database as the version before has left it."""
    async with home.database.write("test") as connection:
        await connection.execute(text("DROP TABLE channel_replies"))
        await connection.execute(text("UPDATE alembic_version SET version_num='0002'"))


async def test_what_went_out_before_is_found_by_its_case(home: House) -> None:
    delivery: DeliveryId = await delivered(home)
    await store(home).keep(delivery, shown(home, Stage.SUBMITTED), None)
    before = await rows(home, "transmissions")
    await take_back(home)

    await upgrade_async(home.database.url)

    await check_version(home.database)
    assert await rows(home, "transmissions") == before
    replies = ReplyStore(home.database)
    found = await replies.belonging(DEFAULT_TENANT, FACHVERFAHREN, {CASE})
    assert found == {CASE: delivery}
    state = await replies.keep(delivery, LISTED, WAITS, is_listed=True)
    assert state is ReplyState.WAITING


async def test_the_version_before_can_work_on_beside(home: House) -> None:
    await take_back(home)
    old = await columns(home.database)
    await upgrade_async(home.database.url)
    new = await columns(home.database)

    assert {name: new[name] for name in old} == old
    assert set(new) - set(old) == {"channel_replies"}
