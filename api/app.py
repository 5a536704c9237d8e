"""The HTTP door as one ASGI application."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.telemetry import TelemetryConfig

from api.answering import Answering
from api.door import Door
from api.problems import install_problems
from api.routes.callbacks import callback_routes
from api.routes.description import PROBLEM_SCHEMA
from api.routes.health import health_routes
from api.routes.submissions import submission_routes

# Spans and exceptions would carry addresses with Tracking-IDs, and messages, to
# whatever exporter the environment names.
_SILENT: Final[TelemetryConfig] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}

__all__ = ["Door", "create_app"]


def create_app(door: Door, *, pages: bool = False) -> FastAPI:
    """Wire the routes to these ports.

    ``pages`` adds /docs: it loads scripts from elsewhere, so it is off.
    """
    app = _Described(
        title="Amtsweg",
        version="1",
        description="Hand in submissions and ask how they stand.",
        openapi_url="/api/v1/openapi.json",
        docs_url="/docs" if pages else None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_SILENT,
    )
    install_problems(app)
    app.include_router(submission_routes(door))
    app.include_router(health_routes(door))
    app.include_router(callback_routes(door))
    app.add_middleware(Answering, door=door)
    return app


class _Described(FastAPI):
    """Adds what routes without pydantic models cannot say about themselves."""

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        if self.openapi_schema is None:
            schema = get_openapi(
                title=self.title,
                version=self.version,
                description=self.description,
                routes=self.routes,
            )
            components = schema.setdefault("components", {})
            components["securitySchemes"] = {
                "sender": {"type": "http", "scheme": "bearer"}
            }
            components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
            self.openapi_schema = schema
        return self.openapi_schema
