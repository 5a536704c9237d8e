"""Logs: what a foreign exception quotes is never in them."""

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog

from api.cli.errors import exit_code_of, sentence_of
from api.cli.logs import configure_logs
from schemas.errors import (
    ConfigurationInvalid,
    DatabaseAway,
    DatabaseOutdated,
    StorageFull,
    UnknownCase,
)

MARK = "Jürgen Müller-Lüdenscheid"


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is written while logs are configured; everything is put back."""
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, threading.excepthook
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logs()
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    threading.excepthook = hook
    structlog.reset_defaults()


def fail() -> None:
    raise ValueError(MARK)


def lines(stderr: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stderr.getvalue().splitlines()]


def test_an_exception_is_its_type_and_its_place(stderr: io.StringIO) -> None:
    try:
        fail()
    except ValueError:
        structlog.get_logger("x").exception("went_wrong", case="2026-000001")

    [line] = lines(stderr)
    assert line["event"] == "went_wrong"
    assert line["error"] == "ValueError"
    assert "test_logs.py" in str(line["at"])
    assert MARK not in stderr.getvalue()


def test_an_error_of_ours_brings_its_code(stderr: io.StringIO) -> None:
    structlog.get_logger().error("away", exc_info=DatabaseAway())

    assert lines(stderr)[0]["code"] == "E-DATABASE-AWAY"


def test_a_library_cannot_write_values_down_either(stderr: io.StringIO) -> None:
    log = logging.getLogger("asyncio")
    try:
        fail()
    except ValueError as error:
        log.error(f"never retrieved\nfuture: {error!r}", exc_info=True)  # noqa: G004, G201 - as asyncio does
        log.warning("Sent by %s", MARK)

    first, second = lines(stderr)
    assert first["event"] == "never retrieved"
    assert first["error"] == "ValueError"
    assert first["logger"] == "asyncio"
    assert second["event"] == "Sent by %s"
    assert MARK not in stderr.getvalue()


def test_a_thread_that_dies_quotes_nothing(stderr: io.StringIO) -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()

    assert lines(stderr)[0]["error"] == "ValueError"
    assert MARK not in stderr.getvalue()


def test_what_a_library_merely_mentions_is_not_written(stderr: io.StringIO) -> None:
    logging.getLogger("httpx").info("GET /api/v1/submissions/%s", MARK)

    assert stderr.getvalue() == ""


def test_the_last_resort_names_type_and_place_only() -> None:
    try:
        fail()
    except ValueError as error:
        sentence = sentence_of(error)

    assert "ValueError" in sentence
    assert "test_logs.py" in sentence
    assert MARK not in sentence


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnknownCase(), 1),
        (ConfigurationInvalid("x"), 2),
        (DatabaseOutdated(), 2),
        (DatabaseAway(), 3),
        (StorageFull(), 3),
        (RuntimeError(), 3),
    ],
)
def test_errors_stand_for_exit_codes(error: Exception, code: int) -> None:
    assert exit_code_of(error) == code
