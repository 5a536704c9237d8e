"""Ports for servers that are slow to come up."""

import random
import socket
from contextlib import ExitStack
from typing import Final

_FIRST, _LAST = 20_000, 32_767
"""Below what the system gives to everybody who asks for any port: until a server
listens, another's test or connection might get its port."""


def free_ports(count: int) -> tuple[int, ...]:
    """Ports that nobody listens on."""
    with ExitStack() as held:
        return tuple(_bound(held) for _ in range(count))


def _bound(held: ExitStack) -> int:
    chance: Final = random.SystemRandom()
    while True:
        probe = held.enter_context(socket.socket())
        port = chance.randint(_FIRST, _LAST)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return port
