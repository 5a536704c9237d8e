"""The database's version."""

import typer

app = typer.Typer(
    help="The database: version and upgrade.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _group() -> None: ...
