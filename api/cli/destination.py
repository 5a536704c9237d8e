"""``amtsweg destination``: how destinations fare; pause, resume, check them."""

from typing import Annotated

import typer

from api.cli.options import AsJson, Reason, examples, group

app = group("Look at destinations; pause, resume and check them.")

Id = Annotated[
    str, typer.Argument(help="The destination, as its file is called.", metavar="ID")
]


@app.command("list", epilog=examples("destination list"))
def list_destinations(as_json: AsJson = False) -> None:
    """List destinations: state, since when and why, and what is on its way there."""
    from api.cli.destination_report import show_destinations
    from api.cli.house import run

    run(lambda house: show_destinations(house, as_json=as_json))


@app.command(epilog=examples('destination pause fachverfahren --reason "update"'))
def pause(which: Id, reason: Reason) -> None:
    """Hold back everything for a destination until somebody resumes it."""
    from api.cli.destination_report import pause_destination
    from api.cli.house import run

    run(lambda house: pause_destination(house, which, reason))


@app.command(epilog=examples("destination resume fachverfahren"))
def resume(which: Id) -> None:
    """Let a destination go on, with a single delivery first."""
    from api.cli.destination_report import resume_destination
    from api.cli.house import run

    run(lambda house: resume_destination(house, which))


@app.command(
    epilog=examples("destination check", "destination check fachverfahren --json")
)
def check(
    which: Annotated[
        str, typer.Argument(help="Only this one; all without it.", metavar="[ID]")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Prove settings, credentials and reachability; changes nothing anywhere."""
    from api.cli.place_check import check_destinations

    check_destinations(which, as_json=as_json)
