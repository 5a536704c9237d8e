"""Counterparts to try things with."""

import typer

app = typer.Typer(
    help="Counterparts to try things with.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def _group() -> None: ...
