"""Sending what was ordered, until the channel has it, in order within a case."""

import asyncio
from collections.abc import Iterable
from typing import Final, assert_never

import structlog

from adapters.base import Inbox
from flows.sources.lines import carry
from flows.sources.ports import SourcePorts
from schemas.channels import AnswerRefused, AnswerTaken
from schemas.errors import CounterpartAway, DatabaseAway, EngineError
from schemas.ids import CaseId
from schemas.rules.classification import BUG
from schemas.rules.mailbox import DECIDED, resend_after
from schemas.scope import Scope
from schemas.sources import Source
from storage.channels import OwedAnswer

_log = structlog.get_logger("sources")
_AT_ONCE: Final = 8
_REFUSED: Final = "refused"
_PART: Final = 200
"""How many are read at a time; a backlog is thousands."""


class Answering:
    """Sends what one source owes. Its trouble is known afterwards."""

    def __init__(self, source: Source, inbox: Inbox, ports: SourcePorts) -> None:
        self._source, self._inbox, self._ports = source, inbox, ports
        self._away: CounterpartAway | None = None
        self._sent = 0
        self._turn = asyncio.Lock()
        self._troubles: dict[CaseId, str] = {}

    @property
    def codes(self) -> frozenset[str]:
        """Why answers did not go out that should have."""
        return frozenset(self._troubles.values())

    async def remember(self) -> None:
        """What the channel refused before this process came: it is trouble still.

        Somebody may have mended the cause, and nobody repeats hundreds of them by
        hand: each is tried once more.
        """
        scope = Scope(tenant=self._source.tenant)
        for one in await self._ports.deadlines.unanswered(scope, answer=_REFUSED):
            if one.source == self._source.id:
                self._troubles[one.case] = one.code
                if one.code not in DECIDED:
                    await self._ports.channels.again(scope, one.number)

    async def send(self) -> int:
        """Everything that is due; how many went out. Raises CounterpartAway."""
        async with self._turn:
            self._away, self._sent = None, 0
            await self._forget_settled()
            while True:
                before, owed = self._sent, await self._owed()
                await carry(_lines(owed), self._send, at_once=_AT_ONCE)
                if self._away is not None:
                    raise self._away
                if len(owed) < _PART or self._sent == before:
                    return self._sent

    async def _forget_settled(self) -> None:
        """What a person has settled since is no trouble any more."""
        if self._troubles:
            settled = await self._ports.channels.settled(self._troubles)
            for case in settled:
                del self._troubles[case]

    async def _owed(self) -> tuple[OwedAnswer, ...]:
        source = self._source
        return await self._ports.channels.owed(source.tenant, source.id, _PART)

    async def _send(self, owed: OwedAnswer) -> bool:
        """Whether those behind it in its case may follow."""
        if self._away is not None:
            return False
        try:
            try:
                await self._try(owed)
            except DatabaseAway:
                raise
            except Exception as error:  # noqa: BLE001 - it may harm no neighbour
                await self._failed(owed, error)
                return False
        except DatabaseAway as away:
            self._away = away
            return False
        return True

    async def _try(self, owed: OwedAnswer) -> None:
        ports, token = self._ports, owed.token
        if not token:
            signed = await self._inbox.sign(owed.answer)
            token = await ports.channels.keep_token(owed.case, signed)
            ports.at("signed")
        answered = await self._inbox.answer(owed.answer, token)
        ports.at("answered")
        match answered:
            case AnswerTaken(events=events):
                await ports.channels.answered(owed.case, events)
                self._troubles.pop(owed.case, None)
                self._sent += 1
            case AnswerRefused(code=code, events=events):
                await ports.channels.refused(owed.case, code, events)
                self._troubles[owed.case] = code
                _log.warning("answer_refused", case=owed.number, code=code)
            case _:
                assert_never(answered)
        ports.at("answer kept")

    async def _failed(self, owed: OwedAnswer, error: Exception) -> None:
        code = error.code if isinstance(error, EngineError) else BUG
        _log.warning(
            "answer_failed",
            case=owed.number,
            code=code,
            detail=error.detail if isinstance(error, EngineError) else "",
            error=type(error).__name__,
        )
        if isinstance(error, CounterpartAway):
            # It is not this answer's fault: the others need not find out, too.
            self._away = error
        else:
            self._troubles[owed.case] = code
        again = self._ports.clock.now() + resend_after(owed.tries)
        await self._ports.channels.retry_at(owed.case, code, again)


def _lines(owed: Iterable[OwedAnswer]) -> tuple[tuple[OwedAnswer, ...], ...]:
    lines: dict[str, list[OwedAnswer]] = {}
    for one in owed:
        lines.setdefault(one.answer.case, []).append(one)
    return tuple(map(tuple, lines.values()))
