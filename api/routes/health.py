"""Whether the process lives, and whether it can take submissions."""

import asyncio
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from adapters.base import Finding
from api.door import Door
from api.exchange import exchange_of
from api.problems import json_response, problem_response
from api.refusals import NotReady
from api.routes import description
from schemas.errors import EngineError

_PATIENCE: Final = 2.0
"""A check that takes longer answers the question, too."""


def health_routes(door: Door) -> APIRouter:
    """Both questions; nobody needs a token for them, and they tell no data."""
    router = APIRouter(prefix="/health", tags=["health"])

    @router.get("/live", **description.LIVE)
    async def live() -> Response:
        return json_response({"status": "live"})

    @router.get("/ready", **description.READY)
    async def ready(request: Request) -> Response:
        missing = [finding for finding in await _findings(door) if not finding.ok]
        if not missing:
            return json_response({"status": "ready"})
        return problem_response(
            NotReady(),
            exchange_of(request),
            {
                "findings": [
                    {"subject": finding.subject, "remedy": finding.remedy}
                    for finding in missing
                ]
            },
        )

    return router


async def _findings(door: Door) -> tuple[Finding, ...]:
    own = (
        Finding(
            subject="vault",
            ok=await asyncio.to_thread(_has_room, door),
            remedy="Free space where AMTSWEG_HOME is.",
        ),
        Finding(
            subject="configuration",
            ok=bool(door.configuration.services),
            remedy="Put at least one service into the configuration folder.",
        ),
    )
    try:
        async with asyncio.timeout(_PATIENCE):
            return own + await door.ready()
    except (TimeoutError, EngineError):
        remedy = "Start what lies behind the door: the database, first of all."
        return (*own, Finding(subject="ports", ok=False, remedy=remedy))


def _has_room(door: Door) -> bool:
    try:
        return door.vault.free_bytes() >= door.limits.free_space_floor
    except (OSError, EngineError):
        return False
