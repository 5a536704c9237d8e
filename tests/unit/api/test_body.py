"""Promises about reading a body: no longer, slower or shorter than allowed."""

import asyncio

import pytest
from starlette.types import Message

from api.intake.body import Body
from api.intake.limits import DoorLimits
from api.intake.refusals import (
    BodyIncomplete,
    BodyLengthWrong,
    BodyTooSlow,
    SubmissionTooLarge,
)

LIMITS = DoorLimits(submission_bytes=10, slice_bytes=4, idle_seconds=0.05)


class Sender:
    """Hands over these pieces; then it is gone, or silent."""

    def __init__(
        self, *pieces: bytes, silent: bool = False, open_end: bool = False
    ) -> None:
        self._pieces = list(pieces)
        self._silent = silent
        self._open_end = open_end
        self.asked = 0

    async def __call__(self) -> Message:
        self.asked += 1
        if self._pieces:
            piece = self._pieces.pop(0)
            more = bool(self._pieces) or self._silent or self._open_end
            return {"type": "http.request", "body": piece, "more_body": more}
        if self._silent:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}


async def read(sender: Sender, declared: int | None = None) -> list[bytes]:
    body = Body(sender, LIMITS, declared=declared)
    pieces = []
    while (piece := await body.next()) is not None:
        pieces.append(piece)
    return pieces


async def test_a_body_comes_in_slices() -> None:
    assert await read(Sender(b"", b"123456789", b"0"), 10) == [
        b"1234",
        b"5678",
        b"9",
        b"0",
    ]


async def test_nothing_is_asked_for_before_it_is_needed() -> None:
    sender = Sender(b"12345678", b"9")
    body = Body(sender, LIMITS, declared=None)

    assert sender.asked == 0
    await body.next()
    await body.next()
    assert sender.asked == 1


async def test_a_body_that_grows_too_long_is_refused() -> None:
    with pytest.raises(SubmissionTooLarge):
        await read(Sender(b"123456", b"78901"))


@pytest.mark.parametrize("declared", [0, 2, 4])
async def test_a_body_of_another_length_is_refused(declared: int) -> None:
    with pytest.raises(BodyLengthWrong):
        await read(Sender(b"123"), declared)


async def test_a_sender_that_goes_away_is_noticed() -> None:
    with pytest.raises(BodyIncomplete):
        await read(Sender(b"123", open_end=True))


async def test_a_sender_that_falls_silent_is_not_waited_for() -> None:
    with pytest.raises(BodyTooSlow):
        await read(Sender(b"123", silent=True))
