"""Key-encryption keys."""

import typer

app = typer.Typer(
    help="Key-encryption keys: list, export, rotate.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _group() -> None: ...
