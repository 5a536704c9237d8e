"""One delivery on its way: announced, uploaded, submitted, proved by the log.

Whatever breaks off, the notes say where to go on; ``standing`` decides what may be
done. Nothing here repeats a request by itself but what the client repeats.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, assert_never

import httpx

from adapters.fitconnect.client.failures import (
    ApiFailure,
    Conflicting,
    FitRefused,
    NotThere,
    SubmissionNotThere,
    TooLarge,
)
from adapters.fitconnect.client.requests import JSON
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
from adapters.fitconnect.outbox.describing import (
    Uploads,
    described,
    reply_of,
    writable_version,
)
from adapters.fitconnect.outbox.documents import data_type, main_document, must_fit
from adapters.fitconnect.outbox.errors import (
    LogGone,
    NotInLog,
    OtherPayload,
    Overtaken,
    TagsDiffer,
)
from adapters.fitconnect.outbox.house import House
from adapters.fitconnect.outbox.notes import Announcement, Notes
from adapters.fitconnect.outbox.proofs import Proof, read_proof, receipt_of
from adapters.fitconnect.outbox.sealing import sealed_whole
from adapters.fitconnect.outbox.settings import FitConnectMapping, ReplyChannel
from adapters.fitconnect.outbox.standing import (
    OPEN,
    Announce,
    Done,
    Foreign,
    GoOn,
    Move,
    Occupied,
    Undecided,
    Unprovable,
    may_submit,
    next_move,
)
from adapters.fitconnect.outbox.uploading import UploadRefused, upload_all
from adapters.fitconnect.routing.territory import LEIKA_URN
from schemas.deliveries import Parcel
from schemas.outcomes import DeliveryConfirmed

MOST_SUBMISSIONS: Final = 2
"""Announced within one call: a noted one that is gone, and another."""
LOOKS: Final = (0.0, 0.1, 0.3, 1.0, 2.0)
"""Seconds before each look for a submit that was taken: a log may lag behind."""


class Unusable(Exception):
    """FIT-Connect takes nothing more for a submission: decide anew what to do."""

    def __init__(self, failure: ApiFailure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class Sending:
    """One call of ``deliver``; ``may_be_there`` says what a broken one means."""

    def __init__(
        self, house: House, parcel: Parcel, mapping: FitConnectMapping
    ) -> None:
        self._house = house
        self._parcel = parcel
        self._mapping = mapping
        self._notes = Notes()
        self._closed = OPEN
        self.may_be_there = True
        """Nobody knows before the notes are read; then: a submit of this delivery has
        left, and no log has denied it since."""

    async def deliver(self) -> DeliveryConfirmed:
        """Until the log proves it. Raises what stands in the way."""
        failure: ApiFailure = NotThere("(submission)")
        for turn in range(MOST_SUBMISSIONS):
            if turn or not self._parcel.is_first:
                self._notes = await self._read()
            self.may_be_there = bool(self._notes.begun)
            try:
                return await self._from_here()
            except Unusable as unusable:
                failure = unusable.failure
        raise failure

    async def _from_here(self) -> DeliveryConfirmed:
        proofs = await self._proofs()
        move = self._move(proofs)
        if isinstance(move, Announce):
            self.may_be_there = False
            return await self._send(earlier=None)
        if isinstance(move, GoOn):
            return await self._send(earlier=self._notes.announcement)
        return self._settled(move, proofs)

    def _settled(self, move: Move, proofs: Mapping[str, Proof]) -> DeliveryConfirmed:
        """Where nothing is to be sent."""
        match move:
            case Done(begun=begun):
                log = proofs[begun.submission].log
                receipt = receipt_of(self._parcel.delivery, begun, log)
                return DeliveryConfirmed(receipt=receipt)
            case Foreign():
                raise TagsDiffer
            case Occupied():
                raise OtherPayload
            case Unprovable():
                raise LogGone
            case Undecided():
                raise Overtaken
            case Announce() | GoOn():
                raise NotInLog
        assert_never(move)

    def _move(self, proofs: Mapping[str, Proof]) -> Move:
        views = {submission: proof.view for submission, proof in proofs.items()}
        return next_move(self._notes, self._parcel.payload, views, self._closed)

    async def _proofs(self) -> dict[str, Proof]:
        house = self._house
        return {
            submission: await read_proof(house.client, begun, house.clock)
            for submission, begun in self._notes.begun.items()
        }

    async def _send(self, *, earlier: Announcement | None) -> DeliveryConfirmed:
        counterparts = self._house.counterparts
        must_fit(self._parcel, self._house.connection)
        destination = (
            await counterparts.find(self._mapping, self._parcel.service)
            if earlier is None
            else earlier.destination
        )
        counterpart = await counterparts.describe_active(destination)
        mime = data_type(main_document(self._parcel), self._mapping.mime)
        must_take(
            counterpart, service=self._service, schema=self._mapping.schema, mime=mime
        )
        writable_version(counterpart, self._mapping)
        key = await counterparts.key(counterpart)
        announcement = earlier or await self._announce(destination)
        try:
            self._notes = await upload_all(self._house, self._parcel, self._notes, key)
            return await self._submit(announcement, counterpart, key)
        except SubmissionNotThere as failure:
            gone = self._closed.gone | {announcement.submission}
            self._closed = replace(self._closed, gone=gone)
            raise Unusable(failure) from failure
        except UploadRefused as refused:
            more = self._closed.refused | {announcement.submission}
            self._closed = replace(self._closed, refused=more)
            raise Unusable(refused.failure) from refused

    @property
    def _service(self) -> str:
        return self._mapping.service or LEIKA_URN + self._parcel.service

    async def _announce(self, destination: str) -> Announcement:
        try:
            announcement = await self._announced(destination)
        except TooLarge:
            raise
        except FitRefused:
            # Perhaps it came twice, and its ids were taken by its own first arrival.
            announcement = await self._announced(destination)
        # Before anything goes on: what is not noted is announced once more, and
        # FIT-Connect deletes it unseen.
        await self._keep(noting.announced(announcement, self._notes.begun))
        self._notes = Notes(announcement=announcement)
        return announcement

    async def _announced(self, destination: str) -> Announcement:
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
        return replace(draft, submission=submission, case=case)

    async def _submit(
        self, announcement: Announcement, counterpart: Counterpart, key: PublicKey
    ) -> DeliveryConfirmed:
        main = main_document(self._parcel)
        mime = data_type(main, self._mapping.mime)
        data = await sealed_whole(main, key, content_type=mime)
        plain = await self._metadata(announcement, counterpart, data.sha512)
        metadata = encrypt(key, plain, content_type=JSON)
        await self._note_submit(announcement, tag_of(metadata), data.tag)
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
        wanted = (self._mapping, house.connection, house.read_secret)
        reads_key = self._mapping.reply is ReplyChannel.FIT_CONNECT
        reply = (
            await asyncio.to_thread(reply_of, *wanted)
            if reads_key
            else reply_of(*wanted)
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

    async def _note_submit(
        self, announcement: Announcement, metadata: str, data: str
    ) -> None:
        """Durable before the first byte leaves, and alone. Raises Overtaken."""
        begun = noting.with_submit(self._notes, metadata, data)
        self.may_be_there = True
        self._notes = await self._keep(noting.submitting(self._notes, begun))
        if not may_submit(self._notes, announcement.submission):
            raise Overtaken(sent=False)

    async def _after(self, failure: ApiFailure) -> DeliveryConfirmed:
        """A submit that was not confirmed: the log knows, whatever they said."""
        proofs = await self._proofs()
        move = self._move(proofs)
        if not isinstance(move, GoOn):
            return self._settled(move, proofs)
        # Turned away, and denied by the log. An earlier one may be late.
        is_first = all(len(begun.tags) == 1 for begun in self._notes.begun.values())
        self.may_be_there = not (is_first and _is_refusal(failure))
        if isinstance(failure, FitRefused):
            await self._keep(noting.uploads_void())
        raise failure

    async def _shown(self) -> DeliveryConfirmed:
        """They took it; what counts is that the log proves it, with our tags."""
        for seconds in LOOKS:
            if seconds:
                await self._house.pause(seconds)
            proofs = await self._proofs()
            move = self._move(proofs)
            if not isinstance(move, GoOn):
                return self._settled(move, proofs)
        raise NotInLog

    async def _read(self) -> Notes:
        kept = await self._house.notes.read(self._parcel.delivery)
        return noting.read_notes(kept)

    async def _keep(self, notes: Mapping[str, str]) -> Notes:
        """Everything that is noted then, by whomever."""
        kept = await self._house.notes.keep(self._parcel.delivery, notes)
        return noting.read_notes(kept)


def _is_refusal(failure: ApiFailure) -> bool:
    """Never sent, or turned away by whoever would have taken it.

    A conflict is none: what it conflicts with may be what we have sent before.
    """
    status = failure.problem.status
    is_theirs = httpx.codes.is_client_error(status)
    return not failure.sent or (is_theirs and not isinstance(failure, Conflicting))
