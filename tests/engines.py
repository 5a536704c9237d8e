"""Engines of one test process know the statements that an earlier one has learned.

Each test opens its database anew, and a new engine writes every statement anew: a
quarter of what a test with a database takes. Products open one engine a process.
"""

from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_TEACHERS: Final[dict[str, Engine]] = {}
"""By dialect and driver: an engine that was connected, so it knows its server."""


def quick_engine(url: str, **options: Any) -> AsyncEngine:  # noqa: ANN401 - SQLAlchemy's
    """In place of SQLAlchemy's ``create_async_engine``."""
    name = make_url(url).drivername
    teacher = _TEACHERS.get(name)
    if teacher is None or teacher.dialect.server_version_info is None:
        engine = create_async_engine(url, **options)
        _TEACHERS[name] = engine.sync_engine
        return engine
    engine = create_async_engine(url, **options, _initialize=False)
    pupil = engine.sync_engine
    pupil.dialect = pupil.pool._dialect = teacher.dialect
    pupil._compiled_cache = teacher._compiled_cache
    return engine
