"""The command ``work``."""


def work() -> None:
    """Come soon."""
