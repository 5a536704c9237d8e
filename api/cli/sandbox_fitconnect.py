"""``amtsweg sandbox fitconnect``: a FIT-Connect to try things with."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.options import examples
from api.cli.serve import UNTIL_EOF

if TYPE_CHECKING:
    from adapters.fitconnect.sandbox import SandboxOptions

EXAMPLES: Final = examples(
    "sandbox fitconnect --port 8094 --dir var/fitconnect",
    "sandbox fitconnect --port 8094 --dir var/fitconnect --destinations 50",
)


def fitconnect(
    folder: Annotated[
        Path, typer.Option("--dir", help="Where it keeps keys, books and submissions.")
    ],
    port: Annotated[int, typer.Option(help="Port; 0 = any free one.")] = 8094,
    destinations: Annotated[
        int, typer.Option(help="So many destinations; sandbox.json lists them.", min=1)
    ] = 1,
    own_keys: Annotated[
        bool, typer.Option("--own-keys", help="A key pair for each destination.")
    ] = False,
    callback_url: Annotated[
        str, typer.Option(help="Tell this address of new submissions.")
    ] = "",
    replies: Annotated[
        bool, typer.Option("--replies", help="Serve replies too; unconfirmed paths.")
    ] = False,
    until_eof: UNTIL_EOF = False,
) -> None:
    """Run a FIT-Connect with v1 and v2; it prints how to reach it as a line of JSON.

    GET /_sandbox shows what it has; POST /_sandbox changes what it does.
    """
    from adapters.fitconnect.sandbox import SandboxOptions, Switches, Wishes

    options = SandboxOptions(
        port=port,
        folder=folder,
        wishes=Wishes(destinations=destinations, own_keys=own_keys),
        switches=Switches(replies=replies),
        callback_url=callback_url,
    )
    asyncio.run(_fitconnect(options, until_eof=until_eof))


async def _fitconnect(options: "SandboxOptions", *, until_eof: bool) -> None:
    from adapters.fitconnect.sandbox import serve
    from api.cli.output import say
    from api.cli.ports import HERE, check_free
    from api.cli.signals import run_until_asked

    if options.port:
        check_free(HERE, options.port, "--port")
    await run_until_asked(serve(options, say), until_eof=until_eof)
