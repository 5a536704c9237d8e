"""How long to wait before asking again: what they wish, and our own patience."""

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

FIRST_PAUSE: Final = 0.5
_LONGEST_WISH: Final = 600.0
_EPOCH: Final = 1_000_000_000
"""A reset as large as this is a moment, not a number of seconds."""
_BUSY: Final = frozenset({429, 503})


def pause_after(tries: int) -> float:
    """Seconds before the next try, each twice as long as the one before."""
    return FIRST_PAUSE * float(2 ** (tries - 1))


class Pace:
    """Of one host: not before when it wants to be asked again."""

    def __init__(self) -> None:
        self._not_before = 0.0

    def wait(self) -> float:
        """Seconds that are still to be waited."""
        return max(0.0, self._not_before - asyncio.get_running_loop().time())

    def note(self, status: int, headers: httpx.Headers, now: datetime) -> float:
        """Heed ``Retry-After`` and ``RateLimit-*``; how long they wish us to wait."""
        wish = _retry_after(headers, now) if status in _BUSY else 0.0
        if headers.get("RateLimit-Remaining", "").strip() == "0" or status in _BUSY:
            wish = max(wish, _reset(headers, now))
        if wish:
            moment = asyncio.get_running_loop().time() + wish
            self._not_before = max(self._not_before, moment)
        return wish


def _reset(headers: httpx.Headers, now: datetime) -> float:
    seconds = _number(headers.get("RateLimit-Reset", ""))
    if seconds >= _EPOCH:
        seconds -= now.timestamp()
    return _bounded(seconds)


def _retry_after(headers: httpx.Headers, now: datetime) -> float:
    text = headers.get("Retry-After", "")
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return _bounded(_number(text))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _bounded((moment - now).total_seconds())


def _number(text: str) -> float:
    text = text.strip()
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), _LONGEST_WISH)
