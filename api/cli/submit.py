"""The command ``submit``."""


def submit() -> None:
    """Come soon."""
