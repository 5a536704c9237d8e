"""``amtsweg case``: look at cases, approve them, release them from quarantine."""

from typing import Annotated

import typer

from api.cli.options import AsJson, Limit, Reason, examples, group

app = group("Look at cases, approve them, release them from quarantine.")

Number = Annotated[
    str, typer.Argument(help="Case number, such as 2026-000123.", metavar="NUMBER")
]


@app.command(
    "list",
    epilog=examples(
        "case list --state Quarantined", "case list --since 2d --service 99107023017000"
    ),
)
def list_cases(
    state: Annotated[
        str,
        typer.Option(help="Code or German word, as `case list` shows them."),
    ] = "",
    service: Annotated[
        str, typer.Option(help="LeiKa key of the service.", metavar="LEIKA")
    ] = "",
    since: Annotated[
        str,
        typer.Option(help="Received since: 21.11.2026, 2026-11-21, 3d, 12h or 30min."),
    ] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List cases, the newest first."""
    from api.cli.case_report import Wanted, show_cases
    from api.cli.house import run

    wanted = Wanted(state=state, service=service, since=since, limit=limit)
    run(lambda house: show_cases(house, wanted, as_json=as_json))


@app.command(epilog=examples("case show 2026-000123"))
def show(
    which: Annotated[
        str,
        typer.Argument(
            help="Case number or Tracking-ID.", metavar="NUMBER|TRACKING-ID"
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Show one case: where it stands, what happened, and what to do next."""
    from api.cli.case_report import show_case
    from api.cli.house import run

    run(lambda house: show_case(house, which, as_json=as_json))


@app.command(
    epilog=examples('case release 2026-000123 --reason "schema pack installed"')
)
def release(number: Number, reason: Reason) -> None:
    """Let a worker try a quarantined case again."""
    from api.cli.case_report import release_case
    from api.cli.house import run

    run(lambda house: release_case(house, number, reason))


@app.command(epilog=examples('case approve 2026-000123 --reason "Unterlagen gesehen"'))
def approve(number: Number, reason: Reason) -> None:
    """Say that a case in review is in order: it goes on with its next step."""
    from api.cli.case_report import approve_case
    from api.cli.house import run

    run(lambda house: approve_case(house, number, reason))
