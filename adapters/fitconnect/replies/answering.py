"""Answering a submission: a reply in its case, encrypted for its sender."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import httpx

from adapters.base import Surroundings
from adapters.fitconnect.client.calls import Pause
from adapters.fitconnect.client.failures import NotThere, StrangeAnswer
from adapters.fitconnect.client.requests import JOSE, JSON
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.events.patterns import is_uuid
from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.inbox.material import Cupboard
from adapters.fitconnect.inbox.opening import supported_by
from adapters.fitconnect.inbox.settings import FitConnectSource
from adapters.fitconnect.jose.jwe import encrypt, tag_of
from adapters.fitconnect.metadata.making import make_metadata
from adapters.fitconnect.metadata.values import AttachmentPart, DataPart, Metadata
from adapters.fitconnect.outbox.announcing import must_say, submit_body
from adapters.fitconnect.outbox.describing import PURPOSE
from adapters.fitconnect.outbox.documents import data_type, filename, media_type
from adapters.fitconnect.outbox.errors import (
    AttachmentsTooLarge,
    DataTooLarge,
    TagsDiffer,
    TooManyAttachments,
)
from adapters.fitconnect.outbox.sealing import SealedUpload, Span, sealed_whole
from adapters.fitconnect.outbox.settings import (
    MAX_ATTACHMENT,
    MAX_ATTACHMENTS,
    MAX_DATA,
    MAX_SUBMISSION,
    Mime,
)
from adapters.fitconnect.replies.errors import (
    RepliesOff,
    ReplyThere,
    RoutesUnknown,
    SchemaUnnamed,
)
from adapters.fitconnect.replies.offer import Offer, fetched, offer_in
from adapters.fitconnect.replies.proofs import Logbook, perhaps_in, replies_in
from adapters.fitconnect.replies.routes import Routes
from schemas.channels import Announced
from schemas.deliveries import ParcelDocument
from schemas.replies import ReplyState, SeenReply

LOOKS: Final = (0.0, 0.3, 1.0)
"""Seconds before each look whether the log shows it; it may never do so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What is to be said."""

    main: ParcelDocument
    attachments: tuple[ParcelDocument, ...] = ()
    schema: str = ""
    """Of the main document; "" = the one process standard that is offered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SentReply:
    """FIT-Connect took it."""

    reply: str
    case: str
    seen: SeenReply
    """WAITING where an event that verifies shows our tags."""

    @property
    def is_proved(self) -> bool:
        """Whether anything but our own word says that it is there."""
        return self.seen.state is not ReplyState.UNPROVED


class Answerer:
    """Replies to what came over one source."""

    def __init__(
        self,
        source: FitConnectSource,
        surroundings: Surroundings,
        *,
        routes: Routes,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """``transport`` and ``pause`` are for tests."""
        self._source = source
        self._routes = routes
        self._home = surroundings.home
        self._pause = pause
        self._client = FitConnectClient(
            source.environment,
            source.credentials,
            surroundings,
            transport=transport,
            pause=pause,
        )
        self._cupboard = Cupboard(source, surroundings)
        self._logbook = Logbook(
            client=self._client,
            destination=source.destination,
            routes=routes,
            clock=surroundings.clock,
            clock_skew=source.clock_skew,
        )

    async def send(
        self, announced: Announced, draft: Draft, *, again: bool = False
    ) -> SentReply:
        """Raises errors of this package, LogInconsistent, ApiFailure and others.

        Announced first and visible only when it is submitted: what breaks off before
        that is deleted there, and what breaks off after it stands in the event log.
        """
        if not self._source.replies:
            raise RepliesOff
        must_fit(draft)
        offer = await self._offer(announced, again=again)
        schema = _schema(draft, offer)
        parts = {one.name: str(uuid4()) for one in draft.attachments}
        reply = await self._announce(announced.case, list(parts.values()))
        uploaded = [
            await self._upload(reply, parts[one.name], one, offer)
            for one in draft.attachments
        ]
        tags = await self._submit(reply, draft.main, uploaded, (schema, offer))
        seen = await self._shown(reply, announced.case, tags)
        return SentReply(reply=reply, case=announced.case, seen=seen)

    async def aclose(self) -> None:
        """Give connections back."""
        await self._client.aclose()

    async def _offer(self, announced: Announced, *, again: bool) -> Offer:
        found = await fetched(self._client, announced, self._source)
        log = await self._logbook.of_case(announced.case)
        known = replies_in(log, self._routes.events) | perhaps_in(log)
        if known and not again:
            raise ReplyThere(", ".join(sorted(known)))
        tags = log.submit_tags(announced.submission)
        return await asyncio.to_thread(self._opened, found.metadata, tags)

    def _opened(self, token: str, tags: Tags) -> Offer:
        supported = supported_by(self._source, self._home)
        return offer_in(token, tags, self._cupboard.keyring(), supported)

    async def _announce(self, case: str, attachments: list[str]) -> str:
        routes = self._routes
        body = {routes.members.case: case, routes.members.announced: attachments}
        content = json.dumps(body).encode()
        try:
            answer = await self._client.post(
                routes.paths.announce, content, content_type=JSON
            )
        except NotThere as error:
            raise RoutesUnknown from error
        must_say(answer, httpx.codes.CREATED)
        said = answer.json()
        reply = said.get(routes.members.reply) if isinstance(said, Mapping) else None
        if not is_uuid(reply):
            raise StrangeAnswer("(reply)")
        return str(reply).lower()

    async def _upload(
        self, reply: str, name: str, document: ParcelDocument, offer: Offer
    ) -> "_Uploaded":
        span = Span(document=document, start=0, length=document.size)
        sealed = SealedUpload(span, offer.key, content_type=media_type(document))
        paths = self._routes.paths
        path = paths.attachment.format(parcel=reply, attachment=name)
        await self._client.put(path, sealed.upload(), content_type=JOSE)
        part = AttachmentPart(
            id=name,
            hash=sealed.sha512,
            purpose=PURPOSE,
            mime=media_type(document),
            filename=filename(document),
        )
        return _Uploaded(part=part, tag=sealed.tag)

    async def _submit(
        self,
        reply: str,
        main: ParcelDocument,
        uploaded: "list[_Uploaded]",
        meant: tuple[str, Offer],
    ) -> Tags:
        schema, offer = meant
        mime = data_type(main, Mime.OF_DOCUMENT)
        data = await sealed_whole(main, offer.key, content_type=mime)
        metadata = Metadata(
            version=self._routes.metadata,
            data=DataPart(hash=data.sha512, schema_uri=schema, mime=mime),
            attachments=tuple(one.part for one in uploaded),
        )
        plain = await asyncio.to_thread(make_metadata, metadata)
        token = encrypt(offer.key, plain, content_type=JSON)
        path = self._routes.paths.submit.format(parcel=reply)
        await self._client.put(path, submit_body(token, data), content_type=JSON)
        return Tags(
            metadata=tag_of(token),
            data=data.tag,
            attachments={one.part.id: one.tag for one in uploaded},
        )

    async def _shown(self, reply: str, case: str, tags: Tags) -> SeenReply:
        """Raises TagsDiffer: then other bytes lie there than ours."""
        for seconds in LOOKS:
            if seconds:
                await self._pause(seconds)
            try:
                proof = await self._logbook.of_reply(reply, case)
            except NotThere:
                # Where the events of a reply stand is a memory, too.
                break
            if proof.tags == tags:
                return proof.seen(self._routes.events)
            if proof.tags is not None:
                raise TagsDiffer
        return SeenReply(state=ReplyState.UNPROVED)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Uploaded:
    part: AttachmentPart
    tag: str


@asynccontextmanager
async def answering(
    source: FitConnectSource, surroundings: Surroundings, routes: Routes
) -> AsyncGenerator[Answerer, None]:
    """One, and its connections given back."""
    answerer = Answerer(source, surroundings, routes=routes)
    try:
        yield answerer
    finally:
        await answerer.aclose()


def must_fit(draft: Draft) -> None:
    """Raise CaseUnfit for what FIT-Connect or its recipient would refuse."""
    data_type(draft.main, Mime.OF_DOCUMENT)
    if draft.main.size > MAX_DATA:
        raise DataTooLarge
    sizes = [one.size for one in draft.attachments]
    if len(sizes) > MAX_ATTACHMENTS:
        raise TooManyAttachments
    if max(sizes, default=0) > MAX_ATTACHMENT or sum(sizes) > MAX_SUBMISSION:
        raise AttachmentsTooLarge


def _schema(draft: Draft, offer: Offer) -> str:
    """Raises SchemaUnnamed. That a standard names the schema is unconfirmed."""
    if draft.schema:
        return draft.schema
    if len(offer.standards) != 1:
        raise SchemaUnnamed
    return offer.standards[0]
