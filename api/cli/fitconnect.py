"""``amtsweg fitconnect``: keys of our destinations, and whether all is well there."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.cli.options import AsJson, examples, group

app = group("FIT-Connect: keys and certificates of our destinations.")

Name = Annotated[
    str,
    typer.Argument(help="The source, as its file is called.", metavar="NAME"),
]
Number = Annotated[str, typer.Argument(help="The case's number.", metavar="NUMBER")]
Attached = Annotated[
    list[Path],
    typer.Option(
        help="A file to go with it; may be repeated.",
        metavar="FILE",
        exists=True,
        dir_okay=False,
    ),
]
_REFERENCE: Final = "`env:NAME` or `file:PATH`"


@app.command(
    epilog=examples("fitconnect keygen bauamt", "fitconnect keygen bauamt --json")
)
def keygen(
    name: Name,
    title: Annotated[
        str,
        typer.Option(help="Whom the certificates name.", metavar="TEXT"),
    ] = "",
    without_certificate: Annotated[
        bool,
        typer.Option("--without-certificate", help="Make keys only."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a key for decryption and one for signatures, and say where they go.

    The certificates sign themselves: FIT-Connect's test environment takes them. For
    production use `import-p12`. Keys that are there are never overwritten.
    """
    from api.cli.fitconnect_keys import make_keys

    make_keys(name, title, certified=not without_certificate, as_json=as_json)


@app.command(
    "import-p12",
    epilog=examples(
        "fitconnect import-p12 bauamt --decryption enc.p12 --signing sig.p12",
        "fitconnect import-p12 bauamt --decryption enc.p12 --signing sig.p12 "
        "--password file:p12.password",
    ),
)
def import_p12(
    name: Name,
    decryption: Annotated[
        Path, typer.Option(help="PKCS#12 file for encryption.", metavar="FILE")
    ],
    signing: Annotated[
        Path | None,
        typer.Option(help="PKCS#12 file for signatures.", metavar="FILE"),
    ] = None,
    password: Annotated[
        str,
        typer.Option(
            help=f"Of the files: {_REFERENCE}; asked for without it.",
            metavar="REFERENCE",
        ),
    ] = "",
    signing_password: Annotated[
        str,
        typer.Option(
            help=f"Of the second file, where it differs: {_REFERENCE}.",
            metavar="REFERENCE",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Take over keys with certificates of the Verwaltungs-PKI (V-PKI).

    Where there are keys already, these are a rotation: they wait for `publish`.
    """
    from api.cli.fitconnect_import import Files, import_keys

    files = Files(
        decryption=decryption,
        signing=signing or decryption,
        password=password,
        signing_password=signing_password or password,
    )
    import_keys(name, files, as_json=as_json)


@app.command(epilog=examples("fitconnect rotate bauamt"))
def rotate(
    name: Name,
    self_signed: Annotated[
        bool,
        typer.Option(
            "--self-signed", help="Even where the present certificates are not."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a further pair, to be published next.

    The old pair stays in use until `publish`, and its key for decryption for three
    weeks more: until FIT-Connect has nothing left that was encrypted for it.
    """
    from api.cli.fitconnect_keys import rotate_keys

    rotate_keys(name, self_signed=self_signed, as_json=as_json)


@app.command(epilog=examples("fitconnect publish bauamt"))
def publish(name: Name, as_json: AsJson = False) -> None:
    """Publish the newest pair at the destination, and use it from then on.

    May be repeated at any time: what is there already is left alone.
    """
    from api.cli.fitconnect_publish import publish_keys

    publish_keys(name, as_json=as_json)


@app.command(
    epilog=examples(
        "fitconnect trace 2026-000123",
        "fitconnect trace f39ab143-d91a-474a-b69f-b00f1a1873c2 --live",
    )
)
def trace(
    which: Annotated[
        str,
        typer.Argument(
            help="Submission-ID, Case-ID, case number or delivery.", metavar="ID"
        ),
    ],
    live: Annotated[
        bool, typer.Option("--live", help="Ask FIT-Connect, too; changes nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Tell in German where a submission is, what is proved, and what to do."""
    from api.cli.fitconnect_trace import trace as tell_where
    from api.cli.house import run

    run(lambda house: tell_where(house, which, live=live, as_json=as_json))


@app.command(
    epilog=examples(
        "fitconnect check",
        "fitconnect check bauamt --roots vpki.pem --crl file:vpki.crl",
    )
)
def check(
    name: Annotated[
        str, typer.Argument(help="Only this source; all without it.", metavar="[NAME]")
    ] = "",
    roots: Annotated[
        Path | None,
        typer.Option(
            help="Certificates (PEM) that our chains must lead to.", metavar="FILE"
        ),
    ] = None,
    ocsp: Annotated[
        str, typer.Option(help="Ask here whether they were revoked.", metavar="URL")
    ] = "",
    crl: Annotated[
        list[str],
        typer.Option(
            help="Look there whether they were revoked: `file:PATH` or an address.",
            metavar="LIST",
        ),
    ] = [],  # noqa: B006 - typer copies it
    as_json: AsJson = False,
) -> None:
    """Prove keys, certificates, credentials and reachability; changes nothing."""
    from api.cli.fitconnect_check import Wanted, check_sources

    wanted = Wanted(name=name, roots=roots, ocsp=ocsp, crl=tuple(crl))
    check_sources(wanted, as_json=as_json)


@app.command(
    epilog=examples(
        "fitconnect reply 2026-000123 antwort.json",
        "fitconnect reply 2026-000123 bescheid.xml --attach bescheid.pdf",
    )
)
def reply(
    number: Number,
    file: Annotated[
        Path,
        typer.Argument(
            help="The reply's data: .json or .xml.",
            metavar="FILE",
            exists=True,
            dir_okay=False,
        ),
    ],
    attach: Attached = [],  # noqa: B006 - typer copies it
    schema: Annotated[
        str,
        typer.Option(
            help="Schema of FILE; without it the process standard that was offered.",
            metavar="URI",
        ),
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Even if there is a reply already.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Answer over FIT-Connect what came over it. UNCONFIRMED: try it in tests only.

    Needs `replies = true` in the source, and a sender who offers to be answered so.
    A second run sends nothing: what lies in the case already is named.
    """
    from api.cli.fitconnect_reply import Wanted, send_reply
    from api.cli.house import run

    wanted = Wanted(
        number=number, file=file, attach=tuple(attach), schema=schema, again=again
    )
    run(lambda house: send_reply(house, wanted, as_json=as_json))


@app.command(
    epilog=examples(
        "fitconnect replies 2026-000123",
        "fitconnect replies 2026-000123 --save antworten --accept",
    )
)
def replies(
    number: Number,
    save: Annotated[
        Path | None,
        typer.Option(
            help="Decrypt and verify them, and write each into a folder there.",
            metavar="FOLDER",
            file_okay=False,
        ),
    ] = None,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Accept what was saved; needs --save."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List what was answered to a delivery of ours. UNCONFIRMED: for tests only.

    Needs `replies = true` and `reply_key` in the destination. What is saved already is
    left as it is; what is accepted is deleted at FIT-Connect after 7 days.
    """
    from api.cli.fitconnect_replies import Wanted, show_replies
    from api.cli.house import run

    if accept and save is None:
        raise typer.BadParameter(
            "Only what was saved can be accepted: add --save FOLDER.",
            param_hint="--accept",
        )
    wanted = Wanted(number=number, save=save, accept=accept)
    run(lambda house: show_replies(house, wanted, as_json=as_json))
