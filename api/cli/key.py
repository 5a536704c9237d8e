"""``amtsweg key``: key-encryption keys, which make everything else readable."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import AsJson, examples, group

app = group("Key-encryption keys: list, export, rotate, retire.")

Name = Annotated[str, typer.Argument(help="As `key list` calls it.", metavar="NAME")]


@app.command("list", epilog=examples("key list"))
def list_keys(as_json: AsJson = False) -> None:
    """List keys: which one wraps, which were exported, and how much each wraps."""
    from api.cli.house import run
    from api.cli.key_report import show_keys

    run(lambda house: show_keys(house, as_json=as_json))


@app.command(
    epilog=examples("key export --output /media/usb/amtsweg.key", "key export > a.key")
)
def export(
    name: Annotated[
        str,
        typer.Argument(help="The current one without a name.", metavar="[NAME]"),
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(help="Write a new file, closed to others.", metavar="FILE"),
    ] = None,
) -> None:
    """Print a key as text, to be kept apart from the data and its backups."""
    from api.cli.key_export import export_key

    export_key(name, output)


@app.command(epilog=examples("key restore /media/usb/amtsweg.key"))
def restore(
    file: Annotated[Path, typer.Argument(help="What was exported.", metavar="FILE")],
) -> None:
    """Put an exported key back among the others."""
    from api.cli.key_export import restore_key

    restore_key(file)


@app.command(epilog=examples("key rotate"))
def rotate(as_json: AsJson = False) -> None:
    """Make a new key and wrap every data key with it.

    May be broken off and run again at any time: it goes on where it was.
    """
    from api.cli.house import run
    from api.cli.key_rotation import rotate_keys

    run(lambda house: rotate_keys(house, as_json=as_json))


@app.command(epilog=examples("key retire kek-2026-01-02-1a2b3c4d"))
def retire(name: Name) -> None:
    """Delete a key that wraps nothing any more and that was exported."""
    from api.cli.house import run
    from api.cli.key_rotation import retire_key

    run(lambda house: retire_key(house, name))
