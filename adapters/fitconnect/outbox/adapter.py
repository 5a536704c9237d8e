"""Delivers cases through FIT-Connect, and follows what becomes of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final
from weakref import WeakValueDictionary

import httpx

from adapters.base import Finding, Surroundings
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.events.problems import received_problems
from adapters.fitconnect.events.tokens import Kind
from adapters.fitconnect.jose.keys import LEAST_BITS
from adapters.fitconnect.outbox.checks import check_way
from adapters.fitconnect.outbox.counterparts import Counterparts
from adapters.fitconnect.outbox.errors import (
    LogGone,
    NothingSent,
    TagsDiffer,
)
from adapters.fitconnect.outbox.house import House
from adapters.fitconnect.outbox.judging import CertificateJudge
from adapters.fitconnect.outbox.notes import Announcement, Begun, Notes, read_notes
from adapters.fitconnect.outbox.outcomes import out_of_time, outcome_of
from adapters.fitconnect.outbox.parsing import parse_mapping
from adapters.fitconnect.outbox.proofs import (
    Proof,
    read_proof,
    receipt_of,
)
from adapters.fitconnect.outbox.sending import Sending
from adapters.fitconnect.outbox.settings import FitConnectConnection, FitConnectMapping
from adapters.fitconnect.outbox.standing import NoLog, Shown
from adapters.fitconnect.replies.lookout import Lookout
from adapters.fitconnect.replies.routes import Routes, shipped_routes
from adapters.fitconnect.routing.directory import RouteDirectory
from schemas.channels import Transmission
from schemas.deliveries import Parcel
from schemas.errors import ConfigurationInvalid, EngineError, FailureKind
from schemas.fields import Fields
from schemas.ids import DeliveryId
from schemas.limits import LONGEST_CALL, MIB
from schemas.outcomes import (
    Answer,
    Arrived,
    AttemptOutcome,
    Certainty,
    DeliveryFailed,
    NoAnswer,
    NotArrived,
)
from schemas.replies import ListedReply, SeenReply
from schemas.services import Setting

REMEMBERED_MAPPINGS: Final = 16
"""Cases of different snapshots may be under way at once."""
TRIAL_BITS: Final = 2048
BIG: Final = 8 * MIB
"""Up to here a case passes any line within the deadline of a call."""
Pause = Callable[[float], Awaitable[None]]


class FitConnectOutbox:
    """One destination in FIT-Connect; idempotent by what is noted of a delivery."""

    def __init__(
        self,
        connection: FitConnectConnection,
        surroundings: Surroundings,
        *,
        mapping: Mapping[str, Setting],
        routes: Routes | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """``mapping`` is today's, for checks; ``transport`` and ``pause`` for tests."""
        self._deadline = connection.environment.deadline.total_seconds()
        self._transfer = connection.environment.transfer_deadline
        self._surroundings = surroundings
        self._routes = shipped_routes() if routes is None else routes
        self._today = mapping
        self._mappings: list[tuple[Mapping[str, Setting], FitConnectMapping]] = []
        self._turns: WeakValueDictionary[DeliveryId, asyncio.Lock] = (
            WeakValueDictionary()
        )
        clock = surroundings.clock
        self._client = FitConnectClient(
            connection.environment,
            connection.credentials,
            surroundings,
            transport=transport,
            pause=pause,
            least_bits=TRIAL_BITS if connection.keys.allow_small else LEAST_BITS,
        )
        directory = RouteDirectory(self._client, connection.environment, clock)
        judge = CertificateJudge(connection.keys, surroundings)
        self._house = House(
            client=self._client,
            counterparts=Counterparts(self._client, directory, judge, clock),
            connection=connection,
            notes=surroundings.notes,
            clock=clock,
            read_secret=surroundings.secrets.read,
            pause=pause,
        )

    @property
    def certainty(self) -> Certainty:
        """See ``standing``: a repetition never makes a second submission visible."""
        return Certainty.IDEMPOTENT

    async def deliver(self, parcel: Parcel) -> AttemptOutcome:
        """Announce, upload, submit and prove; or go on where that broke off."""
        mapping = self._mapping(parcel.mapping)
        if mapping is None:
            return DeliveryFailed(kind=FailureKind.OURS, code=ConfigurationInvalid.code)
        sending = Sending(self._house, parcel, mapping)
        try:
            async with (
                asyncio.timeout(self.patience(parcel).total_seconds()),
                self._turns.setdefault(parcel.delivery, asyncio.Lock()),
            ):
                return await sending.deliver()
        except TimeoutError:
            return out_of_time(may_be_there=sending.may_be_there)
        except EngineError as error:
            return outcome_of(error, may_be_there=sending.may_be_there)

    def patience(self, parcel: Parcel) -> timedelta:
        """A big case takes its time; what was uploaded is not uploaded again."""
        size = sum(document.size for document in parcel.documents)
        if size <= BIG:
            return timedelta(seconds=self._deadline)
        return min(self._transfer, LONGEST_CALL)

    async def ask(self, delivery: DeliveryId) -> Answer:
        """Whether the log of what we noted shows it submitted."""
        try:
            async with asyncio.timeout(self._deadline):
                return await self._ask(delivery)
        except TimeoutError:
            return NoAnswer(code="E-FIT-TIMEOUT")
        except EngineError as error:
            return NoAnswer(code=error.code)

    async def follow(self, delivery: DeliveryId) -> Transmission:
        """How far it is. Raises CounterpartAway, TagsDiffer and other errors of ours.

        An acceptance must name the tags of what was submitted, and what was
        submitted must be ours: that is the proof of what the recipient has.
        """
        notes = read_notes(await self._surroundings.notes.read(delivery))
        sent, proof = await self._followed(notes)
        match proof.view:
            case Shown(tags=tags) if isinstance(sent, Begun) and tags in sent.tags:
                pass
            case Shown():
                raise TagsDiffer
            case NoLog():
                raise LogGone
            case _:
                pass
        log, submission = proof.log, sent.submission
        answer = log.answer(submission)
        is_rejected = answer is not None and answer.claims.kind == Kind.REJECT.value
        return Transmission(
            stage=log.stage(submission),
            submission=submission,
            case=sent.case,
            events=log.channel_events(submission),
            problems=(
                received_problems(answer.claims.problems)
                if answer is not None and is_rejected
                else ()
            ),
        )

    @property
    def takes_replies(self) -> bool:
        return self._house.connection.replies

    async def replies(self) -> tuple[ListedReply, ...]:
        return await self._lookout().listed()

    async def reply(self, delivery: DeliveryId, listed: ListedReply) -> SeenReply:
        return await self._lookout().seen(delivery, listed)

    async def check(self) -> tuple[Finding, ...]:
        """Credentials, destination, what it takes, key and certificate."""
        mapping = self._mapping(self._today)
        try:
            async with asyncio.timeout(self._deadline):
                return await check_way(self._house, mapping)
        except TimeoutError:
            remedy = "FIT-Connect did not answer in time: look at the network."
            return (Finding(subject="FIT-Connect", ok=False, remedy=remedy),)

    async def aclose(self) -> None:
        """Give connections back."""
        await self._client.aclose()

    async def _ask(self, delivery: DeliveryId) -> Answer:
        notes = read_notes(await self._surroundings.notes.read(delivery))
        for begun in notes.begun.values():
            proof = await self._proof(begun)
            match proof.view:
                case Shown(tags=tags) if tags in begun.tags:
                    return Arrived(receipt=receipt_of(delivery, begun, proof.log))
                case Shown():
                    return NoAnswer(code=TagsDiffer.code)
                case NoLog():
                    return NoAnswer(code=LogGone.code)
                case _:
                    continue
        return NotArrived()

    async def _followed(self, notes: Notes) -> tuple[Announcement | Begun, Proof]:
        """The submission that stands for the delivery. Raises NothingSent.

        Of several that were begun, one at most was submitted: its log shows it.
        """
        if notes.announcement is None:
            raise NothingSent
        for begun in notes.begun.values():
            proof = await self._proof(begun)
            if isinstance(proof.view, Shown) or len(notes.begun) == 1:
                return begun, proof
        return notes.announcement, await self._proof(notes.announcement)

    async def _proof(self, sent: Announcement | Begun) -> Proof:
        return await read_proof(self._client, sent, self._surroundings.clock)

    def _lookout(self) -> Lookout:
        return Lookout(
            client=self._client,
            routes=self._routes,
            notes=self._surroundings.notes,
            clock=self._surroundings.clock,
        )

    def _mapping(self, mapping: Mapping[str, Setting]) -> FitConnectMapping | None:
        for known, parsed in self._mappings:
            if known is mapping or known == mapping:
                return parsed
        fields = Fields(mapping, "mapping")
        parsed = parse_mapping(fields)
        if fields.finish():
            return None
        self._mappings = [(mapping, parsed), *self._mappings[: REMEMBERED_MAPPINGS - 1]]
        return parsed
