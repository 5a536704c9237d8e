"""Tokens of senders."""

import typer

app = typer.Typer(
    help="Tokens of senders.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def _group() -> None: ...
