"""Looking at cases."""

import typer

app = typer.Typer(
    help="Look at cases, and release them from quarantine.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _group() -> None: ...
