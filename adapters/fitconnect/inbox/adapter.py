"""A FIT-Connect destination of ours as a mailbox: fills the port Inbox."""

import asyncio
from typing import Final

import httpx

from adapters.base import Finding, Surroundings
from adapters.fitconnect.client.calls import Pause
from adapters.fitconnect.client.failures import (
    ApiFailure,
    DestinationNotThere,
    NoAnswerInTime,
    NotThere,
)
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.events.log import VerifiedLog, verified_log
from adapters.fitconnect.events.problem_table import ProblemTable, shipped_problems
from adapters.fitconnect.events.tokens import SET_SCHEMA
from adapters.fitconnect.inbox import answering, wire
from adapters.fitconnect.inbox.card import CardIndex
from adapters.fitconnect.inbox.checks import check_mailbox
from adapters.fitconnect.inbox.failures import NothingProved
from adapters.fitconnect.inbox.inspecting import Notebook
from adapters.fitconnect.inbox.material import Cupboard
from adapters.fitconnect.inbox.opened import OpenedSubmission, Parts
from adapters.fitconnect.inbox.opening import (
    Opener,
    is_over,
    proved_tags,
    submitted_at,
    supported_by,
)
from adapters.fitconnect.inbox.settings import FitConnectSource, parse_source
from adapters.fitconnect.keyring.checks import expiry_codes
from adapters.fitconnect.metadata.reading import Supported
from adapters.fitconnect.replies.proofs import Logbook
from adapters.fitconnect.replies.routes import Routes, shipped_routes
from schemas.channels import (
    Announced,
    Answered,
    AnswerRefused,
    ChannelEvent,
    Gone,
    TechnicalAnswer,
)
from schemas.checking.outside import Meanings
from schemas.checking.outside_file import shipped_meanings
from schemas.ids import SourceId
from schemas.replies import ListedReply, SeenReply

__all__ = ["FitConnectInbox", "FitConnectSource", "parse_source"]

NAME: Final = "fitconnect"


class FitConnectInbox:
    """One destination; clients with the same credentials share connections."""

    def __init__(
        self,
        id: SourceId,  # noqa: A002 - as the other mailboxes call it
        source: FitConnectSource,
        surroundings: Surroundings,
        *,
        meanings: Meanings | None = None,
        problems: ProblemTable | None = None,
        routes: Routes | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """``meanings``, ``problems``, ``routes``: the operator's tables, where changed.

        ``transport`` and ``pause`` are for tests.
        """
        self._id = id
        self._source = source
        self._surroundings = surroundings
        self._words = answering.Words(
            meanings=shipped_meanings() if meanings is None else meanings,
            problems=shipped_problems() if problems is None else problems,
        )
        self._routes = shipped_routes() if routes is None else routes
        self._client = FitConnectClient(
            source.environment,
            source.credentials,
            surroundings,
            transport=transport,
            pause=pause,
        )
        self._cupboard = Cupboard(source, surroundings)
        self._card = CardIndex(self._client, source.destination, surroundings)
        self._supported: Supported | None = None
        self._schema = ""

    @property
    def sends_replies(self) -> bool:
        return self._source.replies

    async def sent_reply(self, listed: ListedReply) -> SeenReply:
        logbook = Logbook(
            client=self._client,
            destination=self._source.destination,
            routes=self._routes,
            clock=self._surroundings.clock,
            clock_skew=self._source.clock_skew,
        )
        return await logbook.seen(listed)

    async def listing(self) -> tuple[Announced, ...]:
        most = self._source.environment.transfer_deadline.total_seconds()
        try:
            async with asyncio.timeout(most):
                return await wire.listing(self._client, self._source.destination)
        except TimeoutError as error:
            raise NoAnswerInTime from error

    async def open(self, announced: Announced) -> OpenedSubmission | Gone:
        supported = await self._models()
        try:
            fetched, log = await self._fetch(announced)
        except DestinationNotThere:
            raise
        except NotThere:
            return Gone()
        if is_over(log, announced.submission):
            return Gone()
        notebook = Notebook(table=self._words.problems)
        tags = proved_tags(log, announced.submission, notebook)
        opener = Opener(
            source=self._source,
            supported=supported,
            cupboard=self._cupboard,
            card=self._card,
        )
        metadata, keyring = await opener.metadata(fetched, tags, notebook)
        if notebook.doubt and metadata is None:
            raise NothingProved
        now = self._surroundings.clock.now()
        self._schema = log.schema(announced.submission) or self._schema
        parts = Parts(
            source=self._id,
            fetched=fetched,
            metadata=metadata,
            tags=tags,
            events=log.channel_events(announced.submission),
            submitted_at=submitted_at(log, announced.submission, now),
            notebook=notebook,
        )
        return OpenedSubmission(parts, self._client, keyring, self._source.limits)

    async def sign(self, answer: TechnicalAnswer) -> bytes:
        return await asyncio.to_thread(
            answering.signed,
            answer,
            self._cupboard.signing,
            destination=self._source.destination,
            # The service refuses schemas that it has left behind; its own it takes.
            schema=self._source.set_schema or self._schema or SET_SCHEMA,
            at=self._surroundings.clock.now(),
            words=self._words,
        )

    async def answer(self, answer: TechnicalAnswer, token: bytes) -> Answered:
        if answer.is_repeated:
            known = await self._answered(answer)
            if known is not None:
                return known
        result = await answering.sent(self._client, answer, token)
        if not isinstance(result, ApiFailure):
            return result
        known = await self._answered(answer)
        if known is None or known == AnswerRefused(code=NotThere.code):
            return AnswerRefused(code=result.code)
        return known

    async def events(self, announced: Announced) -> tuple[ChannelEvent, ...]:
        """Fills Proving."""
        return (await self._log(announced)).channel_events(announced.submission)

    async def expiring(self) -> frozenset[str]:
        return await asyncio.to_thread(self._expiring)

    def _expiring(self) -> frozenset[str]:
        current, signing = self._cupboard.decryption()[:1], self._cupboard.signing()
        now = self._surroundings.clock.now()
        return expiry_codes((*current, signing), at=now)

    async def check(self) -> tuple[Finding, ...]:
        return await check_mailbox(
            self._source,
            self._surroundings,
            client=self._client,
            cupboard=self._cupboard,
            card=self._card,
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _fetch(self, announced: Announced) -> tuple[wire.Fetched, VerifiedLog]:
        fetched = await wire.fetch(
            self._client, announced, self._source.destination, self._source.limits
        )
        return fetched, await self._log(announced)

    async def _log(self, announced: Announced) -> VerifiedLog:
        tokens = await wire.event_log(
            self._client, announced.submission, announced.case
        )
        return await verified_log(
            tokens,
            self._client,
            service_issuers=self._source.environment.service_issuers,
            destination=self._source.destination,
            now=self._surroundings.clock.now(),
            clock_skew=self._source.clock_skew,
            case=announced.case,
        )

    async def _answered(self, answer: TechnicalAnswer) -> Answered | None:
        asked = Announced(submission=answer.submission, case=answer.case)
        try:
            return answering.found(answer, await self._log(asked))
        except NotThere as failure:
            return AnswerRefused(code=failure.code)

    async def _models(self) -> Supported:
        if self._supported is None:
            home = self._surroundings.home
            self._supported = await asyncio.to_thread(supported_by, self._source, home)
        return self._supported
