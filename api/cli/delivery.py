"""``amtsweg delivery``: look at deliveries, replay what failed, follow the jobs."""

from typing import Annotated

import typer

from api.cli.options import AsJson, Limit, Reason, Yes, examples, group

app = group("Look at deliveries, replay what failed, and settle what is unknown.")

Destination = Annotated[
    str, typer.Option(help="Only to this destination.", metavar="ID")
]
Code = Annotated[str, typer.Option(help="Only with this reason.", metavar="E-CODE")]
Cases = Annotated[
    list[str],
    typer.Option("--case", help="This case; may be repeated.", metavar="NUMBER"),
]
StopAfter = Annotated[
    int,
    typer.Option(
        help="Stop once so many have failed; 0 = never.",
        min=0,
        metavar="N",
    ),
]
Id = Annotated[str, typer.Argument(help="The job, or how its id begins.", metavar="ID")]
Everything = Annotated[bool, typer.Option("--all", help="Every dead letter there is.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the plan and change nothing.")
]
PerMinute = Annotated[
    int,
    typer.Option(
        help="So many may begin in a minute.",
        min=1,
        metavar="N",
    ),
]
Detach = Annotated[bool, typer.Option("--detach", help="Do not wait for the end.")]
_LATER = "comes later; until then it is refused."
As = Annotated[
    str, typer.Option("--as", help=f"`then`: as frozen at the time. `now` {_LATER}")
]
To = Annotated[str, typer.Option(help=f"Another destination {_LATER}", metavar="ID")]
Payload = Annotated[
    str, typer.Option(help=f"A changed payload {_LATER}", metavar="FILE")
]


@app.command(
    "list",
    epilog=examples(
        "delivery list --destination fachverfahren", "delivery list --state all"
    ),
)
def list_deliveries(
    destination: Destination = "",
    state: Annotated[
        str,
        typer.Option(help="dead, waiting, open, unknown, delivered, rejected, or all."),
    ] = "dead",
    code: Code = "",
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List deliveries: the dead letters, unless told otherwise."""
    from api.cli.delivery_report import Wanted, show_deliveries
    from api.cli.house import run

    wanted = Wanted(destination=destination, state=state, code=code, limit=limit)
    run(lambda house: show_deliveries(house, wanted, as_json=as_json))


@app.command(
    epilog=examples(
        'delivery replay --destination fachverfahren --reason "update" --dry-run',
        'delivery replay --all --reason "weekend outage" --yes --per-minute 120',
    )
)
def replay(
    reason: Reason,
    destination: Destination = "",
    code: Code = "",
    case: Cases = [],  # noqa: B006 - typer copies it
    everything: Everything = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    per_minute: PerMinute = 600,
    stop_after: StopAfter = 20,
    detach: Detach = False,
    as_: As = "then",
    to: To = "",
    payload: Payload = "",
    as_json: AsJson = False,
) -> None:
    """Deliver dead letters again, as a background job that a worker carries out."""
    from api.cli.house import run
    from api.cli.replay import Order, chosen, refuse_what_comes_later
    from api.cli.replay import replay as start

    refuse_what_comes_later(as_=as_, to=to, payload=payload)
    order = Order(
        wanted=chosen(destination, code, tuple(case), everything=everything),
        reason=reason,
        per_minute=per_minute,
        stop_after=stop_after,
        dry_run=dry_run,
        yes=yes,
        detach=detach,
        as_json=as_json,
    )
    run(lambda house: start(house, order))


@app.command(epilog=examples("delivery jobs --json"))
def jobs(
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List replays, the newest first."""
    from api.cli.house import run
    from api.cli.job_report import show_jobs

    run(lambda house: show_jobs(house, limit, as_json=as_json))


@app.command(
    epilog=examples(
        "delivery job 3f2a", "delivery job 3f2a --stop", "delivery job 3f2a --follow"
    )
)
def job(
    which: Id,
    stop: Annotated[bool, typer.Option("--stop", help="Begin nothing more.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Let a stopped job go on.")
    ] = False,
    stop_after: Annotated[
        int,
        typer.Option(
            help="With --resume: stop once so many *more* fail.",
            min=0,
            metavar="N",
        ),
    ] = 20,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for its end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one job item by item; stop it, or let it go on."""
    from api.cli.house import run
    from api.cli.job_report import Change, deal_with_job

    if stop and (resume or follow):
        raise typer.BadParameter("Either --stop, or --resume and --follow.")
    change = Change(stop=stop, resume=resume, stop_after=stop_after, follow=follow)
    run(lambda house: deal_with_job(house, which, change, as_json=as_json))


@app.command(
    epilog=examples(
        'delivery settle 2026-000123 --arrived --reason "found in the inbox"'
    )
)
def settle(
    number: Annotated[str, typer.Argument(help="Case number.", metavar="NUMBER")],
    arrived: Annotated[
        bool,
        typer.Option(
            "--arrived/--not-arrived",
            help="Whether you found the delivery at the destination.",
        ),
    ],
    reason: Reason,
) -> None:
    """Say of an unknown outcome whether the delivery is there; you have looked."""
    from api.cli.delivery_report import settle_delivery
    from api.cli.house import run

    run(lambda house: settle_delivery(house, number, reason, arrived=arrived))
