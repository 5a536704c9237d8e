"""Replies that we have sent: looked at until their reader has answered."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from adapters.base import Replying
from flows.sources.asking import ask_each, prove
from flows.sources.inboxes import ConfiguredInboxes
from schemas.clock import Clock
from schemas.errors import CounterpartAway, DatabaseAway, EngineError
from schemas.ids import SourceId
from schemas.rules.classification import BUG
from schemas.sources import Source
from storage.replies import KnownReply, ReplyStore

_log = structlog.get_logger("sources")
_DUE: Final = timedelta(days=30)
"""Then the channel has long rejected it by itself, and deleted it."""


class SentReplies:
    """Those over the sources that are switched on for it; no other is asked."""

    def __init__(
        self,
        sources: Mapping[SourceId, Source],
        inboxes: ConfiguredInboxes,
        store: ReplyStore,
        clock: Clock,
    ) -> None:
        self._store, self._clock = store, clock
        self._watched: list[tuple[Source, Replying]] = []
        for source in sources.values():
            try:
                inbox = inboxes.of(source)
            except EngineError:
                # The poller tells of it.
                continue
            if isinstance(inbox, Replying) and inbox.sends_replies:
                self._watched.append((source, inbox))

    @property
    def watches_any(self) -> bool:
        """Whether replies may be sent at all."""
        return bool(self._watched)

    async def look(self) -> None:
        """Ask about each that nobody has answered. Raises DatabaseAway."""
        for source, inbox in self._watched:
            try:
                known = await self._store.open(source.tenant, source.id)
                await ask_each(known, partial(self._prove, source, inbox))
            except DatabaseAway:
                raise
            except CounterpartAway:
                # The poller tells of that, too; the next look comes soon enough.
                continue
            except Exception as error:  # noqa: BLE001 - it may harm no other source
                _log.warning(
                    "sent_replies_not_seen",
                    source=source.id,
                    code=error.code if isinstance(error, EngineError) else BUG,
                    error=type(error).__name__,
                )

    async def _prove(self, source: Source, inbox: Replying, known: KnownReply) -> None:
        seen, code = await prove(inbox.sent_reply(known.listed), source.id)
        is_due = self._clock.now() - known.since < _DUE
        await self._store.keep_sent(known, seen, is_due=is_due, code=code)
