"""The command ``serve``."""


def serve() -> None:
    """Come soon."""
