"""The command ``doctor``."""


def doctor() -> None:
    """Come soon."""
