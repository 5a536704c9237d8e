"""One delivery on its way: announced, uploaded, submitted, proved by the log.

Whatever breaks off, the notes say where to go on; ``standing`` decides what may be
done. Nothing here repeats a request by itself but what the client repeats.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, assert_never
from uuid import uuid4

import httpx

from adapters.base import DeliveryNotes
from adapters.fitconnect.client.failures import ApiFailure, Conflicting, NotThere
from adapters.fitconnect.client.requests import JOSE, JSON
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.jose.jwe import encrypt, tag_of
from adapters.fitconnect.jose.keys import PublicKey
from adapters.fitconnect.outbox import notes as noting
from adapters.fitconnect.outbox.announcing import (
    announce,
    announcement_body,
    callback_body,
    parts_of,
    submit_body,
)
from adapters.fitconnect.outbox.counterpart import Counterpart, must_take
from adapters.fitconnect.outbox.counterparts import Counterparts
from adapters.fitconnect.outbox.describing import (
    Uploads,
    described,
    reply_of,
    writable_version,
)
from adapters.fitconnect.outbox.documents import (
    attachments,
    data_type,
    main_document,
    media_type,
    must_fit,
)
from adapters.fitconnect.outbox.errors import (
    LogGone,
    NotInLog,
    OtherPayload,
    TagsDiffer,
)
from adapters.fitconnect.outbox.notes import Announcement, Notes, Submit
from adapters.fitconnect.outbox.proofs import Proof, read_proof, receipt_of
from adapters.fitconnect.outbox.sealing import (
    SealedUpload,
    Span,
    digest_of,
    sealed_whole,
)
from adapters.fitconnect.outbox.settings import FitConnectConnection, FitConnectMapping
from adapters.fitconnect.outbox.standing import (
    Announce,
    Done,
    Foreign,
    GoOn,
    Move,
    NoLog,
    NotShown,
    Occupied,
    Unprovable,
    needs_log,
    with_log,
    without_log,
)
from adapters.fitconnect.routing.territory import LEIKA_URN
from schemas.clock import Clock
from schemas.deliveries import Parcel, ParcelDocument
from schemas.limits import MIB
from schemas.outcomes import DeliveryConfirmed
from schemas.secrets import SecretReference

RESUME_BYTES: Final = 8 * MIB
"""After so much was uploaded that is noted; less is quicker sent again than noted."""
MOST_SUBMISSIONS: Final = 2
"""Announced within one call: a noted one that is gone, and another."""
LOOKS: Final = (0.0, 0.1, 0.3, 1.0, 2.0)
"""Seconds before each look for a submit that was taken: a log may lag behind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """What every sending of a way out uses."""

    client: FitConnectClient
    counterparts: Counterparts
    connection: FitConnectConnection
    notes: DeliveryNotes
    clock: Clock
    read_secret: Callable[[SecretReference], str]
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    new_id: Callable[[], str] = lambda: str(uuid4())


class Sending:
    """One call of ``deliver``; ``may_be_there`` says what a broken one means."""

    def __init__(
        self, house: House, parcel: Parcel, mapping: FitConnectMapping
    ) -> None:
        self._house = house
        self._parcel = parcel
        self._mapping = mapping
        self._notes = Notes()
        self._gone = ""
        self.may_be_there = True
        """Nobody knows before the notes are read; then: a submit of this delivery has
        left, and the log has not denied it since."""

    async def deliver(self) -> DeliveryConfirmed:
        """Until the log proves it. Raises what stands in the way."""
        kept = await self._house.notes.read(self._parcel.delivery)
        self._notes = noting.read_notes(kept)
        self.may_be_there = needs_log(self._notes)
        for _ in range(MOST_SUBMISSIONS):
            confirmed = await self._from_here()
            if confirmed is not None:
                return confirmed
        raise NotThere("(submission)")

    async def _from_here(self) -> DeliveryConfirmed | None:
        """None: the submission is gone, and what that means has to be decided."""
        proof = await self._proof() if needs_log(self._notes) else Proof(view=NoLog())
        move = self._move(proof)
        match move:
            case Done():
                return self._confirmed(proof)
            case Foreign():
                raise TagsDiffer
            case Unprovable():
                raise LogGone
            case Occupied():
                raise OtherPayload
            case Announce() | GoOn():
                self.may_be_there = isinstance(move, GoOn) and self.may_be_there
                return await self._send(anew=isinstance(move, Announce))
        assert_never(move)

    def _move(self, proof: Proof) -> Move:
        payload = self._parcel.payload
        announcement = self._notes.announcement
        is_gone = announcement is not None and announcement.submission == self._gone
        if not needs_log(self._notes):
            return Announce() if is_gone else without_log(self._notes, payload)
        view = proof.view
        if is_gone and isinstance(view, NotShown):
            view = NotShown(deleted=True)
        return with_log(self._notes, payload, view)

    async def _send(self, *, anew: bool) -> DeliveryConfirmed | None:
        counterparts = self._house.counterparts
        must_fit(self._parcel, self._house.connection)
        earlier = self._notes.announcement
        if anew or earlier is None:
            destination = await counterparts.find(self._mapping, self._parcel.service)
        else:
            destination = earlier.destination
        counterpart = await counterparts.describe_active(destination)
        mime = data_type(main_document(self._parcel), self._mapping.mime)
        must_take(
            counterpart, service=self._service, schema=self._mapping.schema, mime=mime
        )
        writable_version(counterpart, self._mapping)
        key = await counterparts.key(counterpart)
        announcement = (
            await self._announce(destination) if anew or earlier is None else earlier
        )
        try:
            await self._upload(announcement, key)
            return await self._submit(announcement, counterpart, key)
        except NotThere:
            self._gone = announcement.submission
            return None

    @property
    def _service(self) -> str:
        return self._mapping.service or LEIKA_URN + self._parcel.service

    async def _announce(self, destination: str) -> Announcement:
        house = self._house
        draft = Announcement(
            destination=destination,
            submission="",
            case="",
            payload=self._parcel.payload,
            parts=parts_of(self._parcel, house.connection, house.new_id),
        )
        generation = house.client.environment.version
        body = announcement_body(draft, self._mapping, self._service, generation)
        for callback in house.connection.callback:
            secret = await asyncio.to_thread(callback_body, callback, house.read_secret)
            body["callback"] = secret
        submission, case = await announce(house.client, body)
        announcement = replace(draft, submission=submission, case=case)
        # Before anything goes on: what is not noted is announced once more, and
        # FIT-Connect deletes it unseen.
        await self._keep(noting.announced(announcement))
        self._notes = Notes(announcement=announcement)
        return announcement

    async def _upload(self, announcement: Announcement, key: PublicKey) -> None:
        unnoted = 0
        for document in attachments(self._parcel):
            parts = announcement.parts[document.name]
            hashes = self._notes.hashes
            if document.name in hashes and self._notes.uploaded.keys() >= set(parts):
                continue
            for span, part in zip(_spans(document, len(parts)), parts, strict=True):
                if part not in self._notes.uploaded:
                    await self._upload_part(announcement, key, part, span)
                    unnoted += span.length
                if unnoted >= RESUME_BYTES:
                    await self._keep(noting.uploaded(self._notes))
                    unnoted = 0
            if document.name not in self._notes.hashes:
                digest = await digest_of(document)
                self._notes = _with_hash(self._notes, document, digest)

    async def _upload_part(
        self, announcement: Announcement, key: PublicKey, part: str, span: Span
    ) -> None:
        sealed = SealedUpload(span, key, content_type=media_type(span.document))
        await self._house.client.put(
            f"/submissions/{announcement.submission}/attachments/{part}",
            sealed.upload(),
            content_type=JOSE,
        )
        tags = {**self._notes.uploaded, part: sealed.tag}
        self._notes = replace(self._notes, uploaded=tags)
        if span.is_whole:
            self._notes = _with_hash(self._notes, span.document, sealed.sha512)

    async def _submit(
        self, announcement: Announcement, counterpart: Counterpart, key: PublicKey
    ) -> DeliveryConfirmed:
        main = main_document(self._parcel)
        mime = data_type(main, self._mapping.mime)
        data = await sealed_whole(main, key, content_type=mime)
        plain = await self._metadata(announcement, counterpart, data.sha512)
        metadata = encrypt(key, plain, content_type=JSON)
        submit = Submit(metadata=tag_of(metadata), data=data.tag)
        self._notes = replace(self._notes, submits=(*self._notes.submits, submit))
        await self._keep(noting.submitting(self._notes))
        self.may_be_there = True
        try:
            await self._house.client.put(
                f"/submissions/{announcement.submission}",
                submit_body(metadata, data),
                content_type=JSON,
            )
        except ApiFailure as failure:
            return await self._after(failure)
        return await self._shown()

    async def _metadata(
        self, announcement: Announcement, counterpart: Counterpart, data_sha512: str
    ) -> bytes:
        house = self._house
        reply = await asyncio.to_thread(
            reply_of, self._mapping, house.connection, house.read_secret
        )
        return described(
            self._parcel,
            self._mapping,
            version=writable_version(counterpart, self._mapping),
            data_sha512=data_sha512,
            uploads=Uploads(parts=announcement.parts, hashes=self._notes.hashes),
            reply=reply,
            new_id=house.new_id,
        )

    async def _after(self, failure: ApiFailure) -> DeliveryConfirmed:
        """A submit that was not confirmed: the log knows, whatever they said."""
        proof = await self._proof()
        match self._move(proof):
            case Done():
                return self._confirmed(proof)
            case Foreign():
                raise TagsDiffer from failure
            case _:
                # Turned away, and denied by the log. An earlier one may be late.
                is_first = len(self._notes.submits) == 1
                if isinstance(proof.view, NotShown) and _is_refusal(failure):
                    self.may_be_there = not is_first
                raise failure

    async def _shown(self) -> DeliveryConfirmed:
        """They took it; what counts is that the log proves it, with our tags."""
        for seconds in LOOKS:
            if seconds:
                await self._house.pause(seconds)
            proof = await self._proof()
            match self._move(proof):
                case Done():
                    return self._confirmed(proof)
                case Foreign():
                    raise TagsDiffer
                case _:
                    continue
        raise NotInLog

    async def _proof(self) -> Proof:
        announcement = self._notes.announcement
        if announcement is None:
            return Proof(view=NoLog())
        return await read_proof(self._house.client, announcement, self._house.clock)

    def _confirmed(self, proof: Proof) -> DeliveryConfirmed:
        announcement = self._notes.announcement
        assert announcement is not None  # noqa: S101 - Done says so
        receipt = receipt_of(self._parcel.delivery, announcement, proof.log)
        return DeliveryConfirmed(receipt=receipt)

    async def _keep(self, notes: Mapping[str, str]) -> None:
        await self._house.notes.keep(self._parcel.delivery, notes)


def _spans(document: ParcelDocument, parts: int) -> list[Span]:
    """As many equal parts as were announced, whatever the settings say now."""
    size = -(-document.size // parts)
    starts = range(0, document.size, size) if size else [0]
    return [
        Span(document=document, start=at, length=min(size, document.size - at))
        for at in starts
    ]


def _with_hash(notes: Notes, document: ParcelDocument, digest: str) -> Notes:
    return replace(notes, hashes={**notes.hashes, document.name: digest})


def _is_refusal(failure: ApiFailure) -> bool:
    """Never sent, or turned away by whoever would have taken it.

    A conflict is none: what it conflicts with may be what we have sent before.
    """
    status = failure.problem.status
    is_theirs = httpx.codes.is_client_error(status)
    return not failure.sent or (is_theirs and not isinstance(failure, Conflicting))
