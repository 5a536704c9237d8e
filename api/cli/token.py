"""``amtsweg token``: which senders may hand in."""

from typing import Annotated

import typer

from api.cli.options import AsJson, examples, group

app = group("Tokens of senders: create, list, revoke.")


@app.command(
    epilog=examples(
        "token create --sender formserver",
        "token create --sender portal --service 99107023017000 --office wohngeld",
    )
)
def create(
    sender: Annotated[
        str,
        typer.Option(help="The sender's id: a to z, digits, hyphens.", metavar="NAME"),
    ],
    service: Annotated[
        list[str],
        typer.Option(
            help="Only for this service; may be repeated. None: every service.",
            metavar="LEIKA",
        ),
    ] = [],  # noqa: B006 - typer copies it
    office: Annotated[
        list[str],
        typer.Option(
            help="Only for this office; may be repeated. None: every office.",
            metavar="ID",
        ),
    ] = [],  # noqa: B006 - as above
    as_json: AsJson = False,
) -> None:
    """Make a token; its secret is shown this one time."""
    from api.cli.house import run
    from api.cli.token_report import create_token

    run(lambda house: create_token(house, sender, service, office, as_json=as_json))


@app.command("list", epilog=examples("token list"))
def list_tokens(as_json: AsJson = False) -> None:
    """List tokens, without their secrets."""
    from api.cli.house import run
    from api.cli.token_report import show_tokens

    run(lambda house: show_tokens(house, as_json=as_json))


@app.command(epilog=examples("token revoke 3f2a9c01d4e8"))
def revoke(
    which: Annotated[
        str,
        typer.Argument(help="As listed, or how it begins.", metavar="ID"),
    ],
) -> None:
    """Refuse a token from now on."""
    from api.cli.house import run
    from api.cli.token_report import revoke_token

    run(lambda house: revoke_token(house, which))
