"""``amtsweg source``: mailboxes we fetch from; look at them, check them, poll now."""

from typing import Annotated

import typer

from api.cli.options import AsJson, Reason, Yes, examples, group

app = group("Look at sources (mailboxes we fetch from); poll and check them.")

Number = Annotated[
    str, typer.Argument(help="Case number, such as 2026-000123.", metavar="NUMBER")
]


@app.command("list", epilog=examples("source list"))
def list_sources(as_json: AsJson = False) -> None:
    """List sources: when they were looked into, what waits there, and why."""
    from api.cli.house import run
    from api.cli.source_report import show_sources

    run(lambda house: show_sources(house, as_json=as_json))


@app.command(epilog=examples("source poll fit-connect"))
def poll(
    which: Annotated[
        str, typer.Argument(help="The source, as its file is called.", metavar="ID")
    ],
    wait: Annotated[
        float,
        typer.Option(
            help="Wait so long for a worker's look.", min=0, metavar="SECONDS"
        ),
    ] = 10.0,
) -> None:
    """Have a worker look into a source at once, whatever has failed there before."""
    from api.cli.house import run
    from api.cli.source_report import poll_source

    run(lambda house: poll_source(house, which, seconds=wait))


@app.command(epilog=examples("source answer 2026-000123"))
def answer(number: Number) -> None:
    """Send the answer to a submission once more; the channel keeps one only."""
    from api.cli.house import run
    from api.cli.source_answer import answer_again

    run(lambda house: answer_again(house, number))


@app.command(epilog=examples('source settle 2026-000123 --reason "phoned, all clear"'))
def settle(number: Number, reason: Reason, yes: Yes = False) -> None:
    """Say that the sender knows, where the channel has decided without us."""
    from api.cli.house import run
    from api.cli.source_answer import settle_answer

    run(lambda house: settle_answer(house, number, reason, yes=yes))


@app.command(epilog=examples("source check", "source check fit-connect --json"))
def check(
    which: Annotated[
        str, typer.Argument(help="Only this one; all without it.", metavar="[ID]")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Prove settings, keys, credentials and reachability; changes nothing anywhere."""
    from api.cli.place_check import check_sources

    check_sources(which, as_json=as_json)
