"""The command ``up``."""


def up() -> None:
    """Come soon."""
