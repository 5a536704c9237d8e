"""The command line: one line per command; what a command does stands in its module.

Modules import what is heavy (databases, the door, Prefect) inside the command
that needs it, so that ``amtsweg --help`` answers at once.
"""

import atexit
import gc
import sys
from importlib.metadata import version
from typing import Annotated, Final

import typer

from api.cli import (
    case,
    database,
    delivery,
    destination,
    fitconnect,
    key,
    sandbox,
    schema,
    source,
    token,
)
from api.cli.doctor import doctor
from api.cli.errors import exit_code_of, tell
from api.cli.serve import serve
from api.cli.submit import SUBMIT_EXAMPLES, submit
from api.cli.tenant import Choice, choose
from api.cli.up import UP_EXAMPLES, up
from api.cli.work import work

_SWEEP_AFTER: Final = 10_000
"""New objects after which the garbage collector looks; Python's own is 700."""

app = typer.Typer(
    name="amtsweg",
    help="Carries an application from the citizen's form to the closed file.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command(epilog=UP_EXAMPLES)(up)
app.command()(serve)
app.command()(work)
app.command(epilog=SUBMIT_EXAMPLES)(submit)
app.command()(doctor)
app.add_typer(case.app, name="case")
app.add_typer(delivery.app, name="delivery")
app.add_typer(destination.app, name="destination")
app.add_typer(source.app, name="source")
app.add_typer(fitconnect.app, name="fitconnect")
app.add_typer(schema.app, name="schema")
app.add_typer(token.app, name="token")
app.add_typer(key.app, name="key")
app.add_typer(database.app, name="db")
app.add_typer(sandbox.app, name="sandbox")


@app.callback()
def amtsweg(
    _: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version and end.",
            is_eager=True,
            callback=lambda wanted: _show_version() if wanted else None,
        ),
    ] = False,
    tenant: Choice = "",
) -> None:
    """Carry applications from the citizen's form to the closed file."""
    choose(tenant)


def _show_version() -> None:
    typer.echo(f"amtsweg {version('amtsweg')}")
    raise typer.Exit


def program() -> None:
    """A process of ours: ``main``, and little work for the garbage collector.

    Modules make hundreds of thousands of objects that stay to the end. It would look
    at them again and again while they are loaded, and take each to pieces at the end:
    half a second for every command on a small machine.
    """
    gc.set_threshold(_SWEEP_AFTER)
    # Registered first, so it comes last: nothing is left to do but to go.
    atexit.register(gc.freeze)
    main()


def main() -> None:
    """Run one command; every error ends in a sentence, a remedy and an exit code."""
    try:
        app()
    except Exception as error:  # noqa: BLE001 - this is the last resort
        tell(error)
        sys.exit(exit_code_of(error))
