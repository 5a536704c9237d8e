"""Logs on stderr: for people on a terminal, else one JSON object to a line.

The values of foreign exceptions never appear: they quote what somebody sent. An
error is written down as its type, our code if it is ours, and its place in code.
"""

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final, TypeAlias

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from schemas.errors import EngineError

_FRAMES: Final = 5
ErrorInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]


def configure_logs(ours: int = logging.INFO) -> None:
    """Ours from this level on, other libraries' from WARNING on."""
    shared, renderer = _shared(), _renderer()
    _configure_ours(ours, is_for_good=True)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_name_of_library, first_line, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
            ],
            use_get_message=False,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    threading.excepthook = _thread_died


@contextmanager
def warnings_only() -> Iterator[None]:
    """For a command that ends: what it finds is on stdout, and logs are not."""
    before = structlog.get_config() if structlog.is_configured() else None
    _configure_ours(logging.WARNING, is_for_good=False)
    try:
        yield
    finally:
        structlog.reset_defaults()
        if before is not None:
            structlog.configure(**before)


def describe_error(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace an exception by what may be known of it."""
    given = event.pop("exc_info", None)
    error = _error_of(given)
    if error is None:
        return event
    event.setdefault("error", type(error).__name__)
    if isinstance(error, EngineError):
        event.setdefault("code", error.code)
    event["at"] = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    ]
    return event


def first_line(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Of a library's message: asyncio's following lines quote the exception.

    Its arguments are not put in either: what they are only the library knows.
    """
    event["event"] = str(event["event"]).partition("\n")[0]
    return event


def _configure_ours(level: int, *, is_for_good: bool) -> None:
    structlog.configure(
        processors=[*_shared(), _renderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=is_for_good,
    )


def _shared() -> list[Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_error,
    ]


def _renderer() -> Processor:
    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer()
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _thread_died(died: threading.ExceptHookArgs) -> None:
    structlog.get_logger().error("thread_died", exc_info=died.exc_value)


def _name_of_library(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        event["logger"] = record.name
    return event


def _error_of(given: object) -> BaseException | None:
    match given:
        case BaseException():
            return given
        case (_, BaseException() as error, _):
            return error
        case True:
            return sys.exc_info()[1]
        case _:
            return None
