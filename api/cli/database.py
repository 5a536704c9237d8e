"""``amtsweg db``: the database's version, and bringing it to this one."""

from api.cli.options import AsJson, examples, group

app = group("The database: version and upgrade.")


@app.command(epilog=examples("db status --json"))
def status(as_json: AsJson = False) -> None:
    """Show the database's version and the one that is wanted."""
    from api.cli.database_upgrade import show_status

    show_status(as_json=as_json)


@app.command(epilog=examples("db upgrade"))
def upgrade() -> None:
    """Bring the database to this version; makes it where there is none."""
    from api.cli.database_upgrade import upgrade_database

    upgrade_database()
