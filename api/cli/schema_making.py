"""``amtsweg schema add`` and ``build``: how packs come to be."""

from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer

from api.cli.options import AsJson, Yes, examples
from schemas.packs.manifest import Form, ListPolicy

ADD_EXAMPLES: Final = examples(
    "schema add xschule-1.2.zip --dry-run",
    "schema add xschule-1.2.zip --valid-from 1.5.2026 --yes",
    "schema add cii --main CrossIndustryInvoice_100pD16B.xsd",
)
BUILD_EXAMPLES: Final = examples("schema build packs/hundehaltung-1.0")

Source = Annotated[
    Path,
    typer.Argument(
        help="A download as it is: ZIP or folder.", exists=True, metavar="SOURCE"
    ),
]
Id = Annotated[str, typer.Option("--id", help="Id of the pack.", metavar="ID")]
Version = Annotated[str, typer.Option(help="Version of the standard.")]
Title = Annotated[str, typer.Option(help="What people call it.", metavar="TEXT")]
Main = Annotated[
    str,
    typer.Option(
        help="The schema that is the standard, by the end of its path.", metavar="PATH"
    ),
]
From = Annotated[
    str, typer.Option(help="First day of receipt, such as 1.5.2026.", metavar="DAY")
]
To = Annotated[str, typer.Option(help="Last day of receipt.", metavar="DAY")]
Until = Annotated[
    str, typer.Option(help="Until then still taken, with a warning.", metavar="DAY")
]
Licence = Annotated[str, typer.Option(help="Its licence, in a line.", metavar="TEXT")]
PublishedAt = Annotated[
    str, typer.Option(help="Where it was published.", metavar="URL")
]
Alias = Annotated[
    list[str] | None,
    typer.Option(help="A schema URI that means it; may be repeated.", metavar="URI"),
]
Forms = Annotated[
    list[str] | None,
    typer.Option(
        "--form",
        help="A form whose documents it describes; may be repeated.",
        metavar="PROFILE/ID",
    ),
]
CodeLists = Annotated[
    ListPolicy, typer.Option(help="What a code that is not in its list means.")
]
WithoutSample = Annotated[
    list[str] | None,
    typer.Option(
        help="A sample that its publisher got wrong; may be repeated.", metavar="NAME"
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say what would be made of it.")
]
Keep = Annotated[
    bool, typer.Option("--keep", help="Keep a pack that cannot be activated.")
]
Folder = Annotated[
    Path,
    typer.Argument(
        help="A pack written by hand.", exists=True, file_okay=False, metavar="FOLDER"
    ),
]


def add(
    source: Source,
    id_: Id = "",
    version: Version = "",
    title: Title = "",
    main: Main = "",
    valid_from: From = "",
    valid_to: To = "",
    accept_until: Until = "",
    licence: Licence = "",
    source_url: PublishedAt = "",
    alias: Alias = None,
    form: Forms = None,
    code_lists: CodeLists = ListPolicy.WARN,
    without_sample: WithoutSample = None,
    dry_run: DryRun = False,
    keep: Keep = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Make a pack of a download as it is, and activate it if all samples go well."""
    from api.cli.schema_add import How, add_pack
    from schemas.packs.building.proposal import AddOptions

    options = AddOptions(
        id=id_,
        version=version,
        title=title,
        main=main,
        valid_from=_day(valid_from, "--valid-from"),
        valid_to=_day(valid_to, "--valid-to"),
        accept_until=_day(accept_until, "--accept-until"),
        licence=licence,
        source_url=source_url,
        uri_aliases=tuple(alias or ()),
        forms=tuple(map(_form, form or ())),
        code_list_default=code_lists,
        without_samples=tuple(without_sample or ()),
    )
    add_pack(source, options, How(dry_run=dry_run, yes=yes, keep=keep, as_json=as_json))


def build(folder: Folder, as_json: AsJson = False) -> None:
    """Generate what a pack written by hand needs: index, stylesheets, sums."""
    from api.cli.schema_build import build_pack

    build_pack(folder, as_json=as_json)


def _form(text: str) -> Form:
    from api.cli.schema_forms import form_of

    return form_of(text)


def _day(text: str, hint: str) -> date | None:
    from api.cli.moments import parse_day

    return parse_day(text, hint=hint) if text else None
