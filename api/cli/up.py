"""The command ``up``: everything on one machine, with nothing to configure."""

import asyncio
import logging
from typing import Annotated, Final

import typer

from api.cli.options import examples

UP_EXAMPLES: Final = examples("up --demo", "up --demo --demo-count 3")


Demo = Annotated[
    bool,
    typer.Option(
        "--demo", help="With a form server, a specialist system and an example to run."
    ),
]
DemoCount = Annotated[
    int,
    typer.Option(
        help="End when so many applications have arrived; 0 = go on.",
        min=0,
        metavar="N",
    ),
]
DemoEvery = Annotated[
    float,
    typer.Option(help="Seconds between two applications.", min=0.0, metavar="SECONDS"),
]
WithoutPrefect = Annotated[
    bool, typer.Option("--without-prefect", help="Start no Prefect server.")
]


def up(
    demo: Demo = False,
    demo_count: DemoCount = 0,
    demo_every: DemoEvery = 5.0,
    without_prefect: WithoutPrefect = False,
) -> None:
    """Start door, worker and Prefect in this terminal; Ctrl-C ends them all.

    All state lives in AMTSWEG_HOME, by default the folder var.
    """
    from api.cli.logs import configure_logs
    from api.cli.upping import Wish, bring_up
    from storage.settings import read_settings

    configure_logs(logging.WARNING)
    wish = Wish(
        demo=demo or bool(demo_count),
        count=demo_count,
        every=demo_every,
        with_prefect=not without_prefect,
    )
    code = asyncio.run(bring_up(read_settings(), wish))
    if code:
        raise typer.Exit(code)
