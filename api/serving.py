"""How the door is put on a socket."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

_GOODBYE_SECONDS: Final = 10
"""How long requests under way may go on when the process is asked to stop."""


def door_server(app: ASGIApp, *, host: str, port: int) -> uvicorn.Server:
    """A server for this application; ``serve(sockets=…)`` may bring its own.

    Its access log is off: it would write down Tracking-IDs. Behind a proxy it
    believes no forwarding header, since nothing here depends on addresses.
    """
    return _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=_GOODBYE_SECONDS,
        )
    )


class _Server(uvicorn.Server):
    """Signals belong to whoever started it: it would raise them again at its end."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave them alone."""
        yield
