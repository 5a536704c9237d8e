"""Becomes a process of Prefect's that ends when whoever has started it ends."""

import ctypes
import os
import signal
import sys
from typing import Final

_SET_PARENT_DEATH_SIGNAL: Final = 1


def main(arguments: list[str]) -> None:
    """``python -m flows.prefect_child <parent> server start ...``."""
    parent, *command = arguments
    if sys.platform == "linux":
        # Kept across exec; a parent that dies by kill -9 leaves no server behind.
        libc = ctypes.CDLL(None)
        libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() != int(parent):
            return
    os.execv(sys.executable, [sys.executable, "-m", "prefect", *command])  # noqa: S606 - no shell, our own Python


if __name__ == "__main__":
    main(sys.argv[1:])
