"""What ``amtsweg db`` does and prints."""

import asyncio

import typer

from api.cli.errors import REFUSED
from api.cli.house import connected
from api.cli.output import note, say, say_fields, say_json
from schemas.errors import DatabaseNewer, DatabaseOutdated
from storage.migrate import upgrade_async
from storage.settings import Settings, read_settings
from storage.steps_in_use import check_steps
from storage.versions import Versions, versions, wanted_version
from storage.wiring import make_home

_NOTHING = "nothing yet"


def show_status(*, as_json: bool) -> None:
    """Print both versions. Raises Exit where they differ."""
    settings = read_settings()
    at = asyncio.run(_versions(settings))
    is_current = at.found == at.wanted
    if as_json:
        say_json({"found": at.found, "wanted": at.wanted, "current": is_current})
    else:
        say_fields(
            (
                ("Found", at.found or _NOTHING),
                ("Wanted", at.wanted),
                ("Next", "" if is_current else _next(at)),
            )
        )
    if not is_current:
        raise typer.Exit(REFUSED)


def upgrade_database() -> None:
    """From what is there to this version. Raises DatabaseNewer, StepsLacking."""
    settings = read_settings()
    if not settings.database_url.get_secret_value():
        make_home(settings)
    asyncio.run(_upgrade(settings))


async def _upgrade(settings: Settings) -> None:
    at = await _versions(settings)
    if not at.is_known:
        raise DatabaseNewer(at.found)
    if at.found:
        async with connected(settings) as database:
            await check_steps(database)
    if at.found == at.wanted:
        say(f"The database is at {at.wanted}: nothing to do.")
        return
    note(f"From {at.found or _NOTHING} to {at.wanted} …")
    await upgrade_async(settings.database)
    say(f"The database is at {(await _versions(settings)).wanted}.")


async def _versions(settings: Settings) -> Versions:
    try:
        async with connected(settings) as database:
            return await versions(database)
    except DatabaseOutdated:
        return Versions(found="", wanted=wanted_version(), is_known=True)


def _next(at: Versions) -> str:
    return DatabaseOutdated.remedy if at.is_known else DatabaseNewer.remedy
