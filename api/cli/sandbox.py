"""``amtsweg sandbox``: counterparts to try things with."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.options import examples, group
from api.cli.sandbox_fitconnect import EXAMPLES as FITCONNECT_EXAMPLES
from api.cli.sandbox_fitconnect import fitconnect
from api.cli.serve import UNTIL_EOF

if TYPE_CHECKING:
    from adapters.http.sandbox import SandboxOptions
    from api.cli.demo.forms import FormServer
    from api.cli.demo.onlinedienst import Onlinedienst

MISBEHAVE_EXAMPLES: Final = examples(
    "sandbox misbehave 503",
    "sandbox misbehave accept-then-drop --times 3",
    "sandbox misbehave none",
)

app = group("Counterparts to try things with: specialist system, forms, FIT-Connect.")
app.command(epilog=FITCONNECT_EXAMPLES)(fitconnect)


@app.command(epilog=examples("sandbox specialist --port 8093 --ignore-ids"))
def specialist(
    port: Annotated[int, typer.Option(help="Port; 0 = any free one.")] = 8093,
    folder: Annotated[
        Path | None, typer.Option(help="Keep deliveries as files here.")
    ] = None,
    ignore_ids: Annotated[
        bool, typer.Option("--ignore-ids", help="Take every repetition as new.")
    ] = False,
    no_receipts: Annotated[
        bool, typer.Option("--no-receipts", help="Do not say what has arrived.")
    ] = False,
    conflict: Annotated[
        bool, typer.Option("--conflict", help="Answer a repetition with 409.")
    ] = False,
    latency: Annotated[
        float, typer.Option(help="Seconds before each answer.", min=0.0)
    ] = 0.0,
    token: Annotated[
        str, typer.Option(help="Required as Bearer token; none = anybody.")
    ] = "",
    until_eof: UNTIL_EOF = False,
) -> None:
    """Run a specialist system that can be told to misbehave.

    GET /_sandbox shows what it has; POST /_sandbox changes what it does.
    """
    from adapters.http.sandbox import SandboxOptions

    options = SandboxOptions(
        port=port,
        folder=folder,
        honours_ids=not ignore_ids,
        answers_receipts=not no_receipts,
        conflict=conflict,
        latency=latency,
        token=token,
    )
    asyncio.run(_specialist(options, until_eof=until_eof))


@app.command(epilog=MISBEHAVE_EXAMPLES)
def misbehave(
    fault: Annotated[
        str,
        typer.Argument(
            help="A status such as 503, a fault that docs/destinations.md names,"
            " or none.",
            metavar="FAULT",
        ),
    ],
    times: Annotated[
        int, typer.Option(help="For so many requests; -1 = until told otherwise.")
    ] = -1,
    on: Annotated[
        str, typer.Option(help="deliveries, receipts or everything.")
    ] = "deliveries",
    port: Annotated[
        int, typer.Option(help="Where it listens; else AMTSWEG_SPECIALIST_PORT, 8093.")
    ] = 0,
) -> None:
    """Tell a running specialist system what to do wrong from now on."""
    from adapters.http.sandbox.control import tell
    from api.cli.output import note
    from storage.settings import read_settings

    where = port or read_settings().specialist_port
    try:
        asyncio.run(tell(where, fault, times=times, on=on))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    done = "does everything right" if fault == "none" else f"misbehaves: {fault}"
    note(f"The specialist system {done}.")


@app.command(
    epilog=examples("sandbox forms --token-file var/demo/token --every 2 --count 10")
)
def forms(
    token_file: Annotated[
        Path, typer.Option(help="File that holds a sender's token.", exists=True)
    ],
    door: Annotated[
        str, typer.Option(help="Address of the door.")
    ] = "http://127.0.0.1:8090",
    every: Annotated[
        float, typer.Option(help="Seconds between two applications.", min=0.0)
    ] = 5.0,
    count: Annotated[
        int, typer.Option(help="End after so many; 0 = go on.", min=0)
    ] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object to a line.")
    ] = False,
    until_eof: UNTIL_EOF = False,
) -> None:
    """Run a form server that hands in made-up applications."""
    from api.cli.demo.forms import FormServer
    from api.cli.errors import UNREACHED

    server = FormServer(
        door=door,
        token=token_file.read_text().strip(),
        every=every,
        count=count,
        as_json=as_json,
    )
    if not asyncio.run(_forms(server, until_eof=until_eof)):
        raise typer.Exit(UNREACHED)


@app.command(epilog=examples("sandbox onlinedienst --dir var/fitconnect --count 3"))
def onlinedienst(
    folder: Annotated[
        Path, typer.Option("--dir", help="Folder of the sandbox fitconnect.")
    ],
    every: Annotated[
        float, typer.Option(help="Seconds between two applications.", min=0.0)
    ] = 15.0,
    count: Annotated[
        int, typer.Option(help="End after so many; 0 = go on.", min=0)
    ] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object to a line.")
    ] = False,
    until_eof: UNTIL_EOF = False,
) -> None:
    """Send made-up applications over the sandbox's FIT-Connect; wait for the answer."""
    from api.cli.demo.onlinedienst import Onlinedienst
    from api.cli.errors import UNREACHED
    from schemas.errors import SandboxAway

    if not (folder / "sandbox.json").is_file():
        raise SandboxAway(f"{folder} (amtsweg sandbox fitconnect --dir)")
    service = Onlinedienst(folder=folder, every=every, count=count, as_json=as_json)
    if not asyncio.run(_onlinedienst(service, until_eof=until_eof)):
        raise typer.Exit(UNREACHED)


async def _specialist(options: "SandboxOptions", *, until_eof: bool) -> None:
    from adapters.http.sandbox import serve
    from api.cli.output import say
    from api.cli.ports import HERE, check_free
    from api.cli.signals import run_until_asked

    if options.port:
        check_free(HERE, options.port, "--port")
    await run_until_asked(serve(options, say), until_eof=until_eof)


async def _forms(server: "FormServer", *, until_eof: bool) -> bool:
    from api.cli.demo.forms import run_forms
    from api.cli.signals import run_until_asked

    return await run_until_asked(run_forms(server), until_eof=until_eof) is not False


async def _onlinedienst(service: "Onlinedienst", *, until_eof: bool) -> bool:
    from api.cli.demo.onlinedienst import run_onlinedienst
    from api.cli.signals import run_until_asked

    done = await run_until_asked(run_onlinedienst(service), until_eof=until_eof)
    return done is not False
