"""Destinations: list, pause, resume, check."""

import typer

app = typer.Typer(
    help="Destinations: list, pause, resume, check.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _group() -> None: ...
