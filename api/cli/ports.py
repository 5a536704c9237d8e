"""Ports of this machine: taking one, or saying whose it is not."""

import socket
from typing import Final

from schemas.errors import PortTaken

HERE: Final = "127.0.0.1"
_BACKLOG: Final = 512


def listen(host: str, port: int, variable: str) -> socket.socket:
    """A listening socket. Raises PortTaken, naming the variable that changes it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP: else asyncio leaves Nagle's algorithm on for what it accepts, and an
    # answer in two writes waits 40 ms for the client's delayed acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise PortTaken(f"{host}:{port} ({variable})") from error
    listening.setblocking(False)
    return listening


def check_free(host: str, port: int, variable: str) -> None:
    """Raises PortTaken."""
    listen(host, port, variable).close()
