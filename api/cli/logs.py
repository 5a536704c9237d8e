"""Logs on stderr: for people on a terminal, else one JSON object to a line.

The values of foreign exceptions never appear: they quote what somebody sent. An
error is written down as its type, our code if it is ours, and its place in code.
"""

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Final, TypeAlias

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from schemas.errors import EngineError

_FRAMES: Final = 5
ErrorInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]


def configure_logs(ours: int = logging.INFO) -> None:
    """Ours from this level on, other libraries' from WARNING on."""
    human = sys.stderr.isatty()
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_error,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer()
        if human
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(ours),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
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
