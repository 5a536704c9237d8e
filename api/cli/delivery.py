"""Deliveries: list, replay, settle."""

import typer

app = typer.Typer(
    help="Deliveries: list, replay, settle.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _group() -> None: ...
