"""The body of a request, piece by piece: no longer, slower or shorter than allowed."""

import asyncio
from collections import deque

from starlette.types import Receive

from api.intake.limits import DoorLimits
from api.intake.refusals import (
    BodyIncomplete,
    BodyLengthWrong,
    BodyTooSlow,
    SubmissionTooLarge,
)


class Body:
    """Reads only when asked, so a slow vault slows the sender down."""

    def __init__(
        self, receive: Receive, limits: DoorLimits, *, declared: int | None
    ) -> None:
        """``declared`` is what Content-Length says, if it says anything."""
        self._receive = receive
        self._limits = limits
        self._declared = declared
        self._taken = 0
        self._more = True
        self._slices: deque[bytes] = deque()

    async def next(self) -> bytes | None:
        """The next piece, None at the end.

        Raises BodyIncomplete, BodyLengthWrong, BodyTooSlow, SubmissionTooLarge.
        """
        while not self._slices:
            if not self._more:
                self._check_length()
                return None
            self._cut(await self._message())
        if len(self._slices) > 1:
            # A server may hand over a lot at once: others get their turn.
            await asyncio.sleep(0)
        return self._slices.popleft()

    async def _message(self) -> bytes:
        try:
            async with asyncio.timeout(self._limits.idle_seconds):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlow from None
        if message["type"] != "http.request":
            raise BodyIncomplete
        self._more = bool(message.get("more_body", False))
        data = bytes(message.get("body", b""))
        self._taken += len(data)
        if self._taken > self._limits.submission_bytes:
            raise SubmissionTooLarge(f"At most {self._limits.submission_bytes} bytes.")
        return data

    def _cut(self, data: bytes) -> None:
        size = self._limits.slice_bytes
        if len(data) <= size:
            if data:
                self._slices.append(data)
            return
        self._slices.extend(data[i : i + size] for i in range(0, len(data), size))

    def _check_length(self) -> None:
        if self._declared is not None and self._taken != self._declared:
            raise BodyLengthWrong
