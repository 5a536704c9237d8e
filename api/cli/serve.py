"""The command ``serve``: the HTTP door as one process."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from storage.settings import Settings

UNTIL_EOF = Annotated[
    bool,
    typer.Option(
        "--until-eof", hidden=True, help="End when standard input ends (used by up)."
    ),
]


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; else AMTSWEG_HOST, 127.0.0.1.")
    ] = "",
    port: Annotated[
        int, typer.Option(help="Port to listen on; else AMTSWEG_PORT, 8090.")
    ] = 0,
    until_eof: UNTIL_EOF = False,
) -> None:
    """Take submissions by HTTP until asked to stop.

    Example: AMTSWEG_HOME=/srv/amtsweg amtsweg serve --port 8090
    """
    from api.cli.logs import configure_logs
    from storage.settings import read_settings

    configure_logs()
    settings = read_settings()
    given = {"host": host or settings.host, "port": port or settings.port}
    asyncio.run(_serve(settings.model_copy(update=given), until_eof=until_eof))


async def _serve(settings: "Settings", *, until_eof: bool) -> None:
    import structlog

    from api.app import create_app
    from api.cli.ports import listen
    from api.cli.signals import stop_asked
    from api.serving import door_server
    from api.wiring import open_door

    log = structlog.get_logger("door")
    async with open_door(settings) as door:
        app = create_app(door)
        server = door_server(app, host=settings.host, port=settings.port)
        # Our own socket: the server itself would answer a taken port with a log.
        with (
            listen(settings.host, settings.port, "AMTSWEG_PORT") as listening,
            stop_asked(until_eof=until_eof) as stop,
        ):
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            asked = asyncio.create_task(stop.wait())
            log.info("door_open", host=settings.host, port=settings.port)
            await asyncio.wait({serving, asked}, return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
            server.should_exit = True
            await serving
    log.info("door_closed")
