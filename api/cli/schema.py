"""``amtsweg schema``: the packs by which documents are checked."""

from typing import Annotated, Final

import typer

from api.cli.options import AsJson, examples, group
from api.cli.schema_making import ADD_EXAMPLES, BUILD_EXAMPLES, add, build

app = group("Look at schema packs, add them, and check documents against them.")

Side = Annotated[
    str, typer.Argument(help="Key of a pack, or its folder.", metavar="KEY")
]
Files = Annotated[
    list[str],
    typer.Argument(help="XML or JSON; - reads standard input.", metavar="FILE..."),
]
OnDay = Annotated[
    str,
    typer.Option(
        help="Day of receipt, such as 21.11.2026; today without it.", metavar="DAY"
    ),
]
ClaimedSchema = Annotated[
    str, typer.Option(help="Schema that the sender names.", metavar="URI")
]
ClaimedForm = Annotated[
    str,
    typer.Option(help="Form that the document comes from.", metavar="PROFILE/ID"),
]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", help="Also English, stages and meanings outside."),
]
CHECK_EXAMPLES: Final = examples(
    "schema check antrag.xml",
    "schema check antrag.xml --on 1.11.2026 --verbose",
    "schema check anmeldung.json --form demo-formserver/hundesteuer-anmeldung",
    "schema check - --json < antrag.xml",
)

DIFF_EXAMPLES: Final = examples(
    "schema diff demo-sozial-1.0 demo-sozial-1.1",
    "schema diff demo-sozial-1.1 packs/demo-sozial-1.2 --json",
)
MAP_EXAMPLES: Final = examples(
    "schema map form.json --form demo-formserver/unterhaltsvorschuss > antrag.xml",
    "schema map antrag.xml --form demo-formserver/unterhaltsvorschuss --back",
)

Key = Annotated[
    str,
    typer.Argument(
        help="Id and version: demo-sozial-1.1; the id alone where it has one version.",
        metavar="KEY",
    ),
]


@app.command("list", epilog=examples("schema list"))
def list_packs(as_json: AsJson = False) -> None:
    """List packs: what they are for, when they are valid, and why one is not active."""
    from api.cli.schema_list import show_packs

    show_packs(as_json=as_json)


@app.command(epilog=examples("schema show demo-sozial-1.1"))
def show(which: Key, as_json: AsJson = False) -> None:
    """Show one pack: its messages, code lists and rules, and when it was tried."""
    from api.cli.schema_list import show_pack

    show_pack(which, as_json=as_json)


@app.command(epilog=CHECK_EXAMPLES)
def check(
    files: Files,
    on: OnDay = "",
    schema: ClaimedSchema = "",
    form: ClaimedForm = "",
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Check documents as a case would be: 0 accepted, 1 refused, 3 quarantined.

    Shows the lines in question on this terminal only; --json never has them.
    """
    from api.cli.moments import parse_day
    from api.cli.schema_check import Order, check_files, claim_of
    from schemas.clock import SystemClock, local_day

    today = local_day(SystemClock().now())
    check_files(
        Order(
            files=files,
            on=parse_day(on, hint="--on") if on else today,
            claim=claim_of(schema, form),
            verbose=verbose,
            as_json=as_json,
        )
    )


@app.command(epilog=DIFF_EXAMPLES)
def diff(before: Side, after: Side, as_json: AsJson = False) -> None:
    """Compare two packs: messages, elements, code lists, rules."""
    from api.cli.schema_diff import show_diff

    show_diff(before, after, as_json=as_json)


@app.command("map", epilog=MAP_EXAMPLES)
def map_(
    file: Annotated[
        str,
        typer.Argument(help="A form as JSON; - reads standard input.", metavar="FILE"),
    ],
    form: Annotated[str, typer.Option(help="Which form.", metavar="PROFILE/ID")],
    pack: Annotated[
        str, typer.Option(help="A map of this pack; else the one that is valid.")
    ] = "",
    on: OnDay = "",
    give: Annotated[
        list[str] | None,
        typer.Option(
            help="What the map takes from outside; may be repeated.",
            metavar="NAME=TEXT",
        ),
    ] = None,
    back: Annotated[
        bool, typer.Option("--back", help="From XML to the form's fields.")
    ] = False,
) -> None:
    """Try a map: from a form's fields to the XML of a pack, and back.

    The document goes to stdout, what is wrong with the form to stderr.
    """
    from api.cli.schema_forms import form_of
    from api.cli.schema_map import Order, map_document, moment_of, words_of
    from api.cli.schema_sources import check_names, opened

    order = Order(
        form=form_of(form),
        pack=pack,
        words=words_of(give or ()),
        at=moment_of(on),
        back=back,
    )
    check_names([file])
    with opened(file) as source:
        map_document(source, order)


app.command(epilog=ADD_EXAMPLES)(add)
app.command(epilog=BUILD_EXAMPLES)(build)
