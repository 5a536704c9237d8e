"""The command ``work``: one worker as one process."""

import asyncio
import os
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.serve import UNTIL_EOF

if TYPE_CHECKING:
    from storage.settings import Settings


def work(
    without_prefect: Annotated[
        bool,
        typer.Option("--without-prefect", help="Show runs nowhere, just work."),
    ] = False,
    once: Annotated[
        bool,
        typer.Option(
            "--once", help="Look into every source, do what is due, then end."
        ),
    ] = False,
    slots: Annotated[
        int, typer.Option(help="Cases worked on at once; else AMTSWEG_SLOTS, 64.")
    ] = 0,
    until_eof: UNTIL_EOF = False,
) -> None:
    """Carry cases from door to archive until asked to stop.

    Example: AMTSWEG_PREFECT_URL=http://127.0.0.1:4200/api amtsweg work
    """
    from api.cli.logs import configure_logs
    from storage.settings import read_settings

    configure_logs()
    settings = read_settings()
    given: dict[str, object] = {"slots": slots or settings.slots}
    if without_prefect:
        given["prefect_url"] = ""
    settings = settings.model_copy(update=given)
    _tell_prefect(settings)
    if once:
        from flows.wiring import work_once

        asyncio.run(work_once(settings))
        typer.echo("Nothing is due any more.", err=True)
    else:
        asyncio.run(_work(settings, until_eof=until_eof))


def _tell_prefect(settings: "Settings") -> None:
    """Prefect reads its settings when it is imported, which is not yet."""
    if settings.prefect_url:
        from flows.prefect_settings import client_environment

        auth = settings.prefect_auth.get_secret_value()
        os.environ.update(
            client_environment(settings.home, settings.prefect_url, auth=auth)
        )


async def _work(settings: "Settings", *, until_eof: bool) -> None:
    from api.cli.signals import stop_asked
    from flows.wiring import work as work_until

    with stop_asked(until_eof=until_eof) as stop:
        await work_until(settings, stop)
