"""Delivers to a specialist system by HTTP and asks it for receipts."""

import asyncio
from collections.abc import Mapping
from typing import Final, Literal

import httpx

from adapters.base import Finding, Surroundings
from adapters.http import codec
from adapters.http.checks import check_connection
from adapters.http.client import HttpClient, Reply
from adapters.http.codec import Progress, Taken
from adapters.http.parsing import parse_mapping
from adapters.http.receipts import is_honest, receipt_of
from adapters.http.requests import DeliveryRequest, request_of
from adapters.http.settings import HttpConnection, HttpMapping
from adapters.http.streams import Outgoing
from adapters.http.templates import fill_path
from schemas.deliveries import Parcel
from schemas.errors import ConfigurationInvalid, EngineError, FailureKind, SecretMissing
from schemas.fields import Fields
from schemas.ids import DeliveryId
from schemas.outcomes import (
    Answer,
    Arrived,
    AttemptOutcome,
    Certainty,
    DeliveryConfirmed,
    DeliveryFailed,
    NoAnswer,
    NotArrived,
    OutcomeUnknown,
)
from schemas.services import Setting

REMEMBERED_MAPPINGS: Final = 16
"""Cases of different snapshots may be under way at once; parsing costs 0.1 ms."""


class HttpOutbox:
    """One specialist system behind a REST endpoint."""

    def __init__(
        self,
        connection: HttpConnection,
        surroundings: Surroundings,
        *,
        parallel: int,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """``transport`` is for tests."""
        self._connection = connection
        self._surroundings = surroundings
        self._deadline = connection.deadline.total_seconds()
        self._mappings: list[tuple[Mapping[str, Setting], HttpMapping]] = []
        self._client = HttpClient(
            connection, surroundings, parallel=parallel, transport=transport
        )

    @property
    def certainty(self) -> Certainty:
        """As the operator declares it."""
        return self._connection.certainty

    async def deliver(self, parcel: Parcel) -> AttemptOutcome:
        """POST the parcel once; with renewed credentials once more after a 401."""
        mapping = self._mapping(parcel.mapping)
        if isinstance(mapping, DeliveryFailed):
            return mapping
        request = request_of(parcel, mapping)
        if isinstance(request, DeliveryFailed):
            return request
        course = _Course()
        try:
            async with asyncio.timeout(self._deadline):
                return await self._deliver(parcel.delivery, request, course)
        except TimeoutError:
            return course.so_far()
        except SecretMissing as error:
            return codec.secret_missing(error)

    async def ask(self, delivery: DeliveryId) -> Answer:
        """GET the receipt. Only a 404 that is meant as one says "not arrived"."""
        try:
            async with asyncio.timeout(self._deadline):
                return await self._ask(delivery)
        except TimeoutError:
            return NoAnswer(code=codec.NO_ANSWER)

    async def check(self) -> tuple[Finding, ...]:
        """Secrets, certificates, connection, and credentials where a path is given."""
        return await check_connection(
            self._client, self._connection, self._surroundings
        )

    async def aclose(self) -> None:
        """Give connections back."""
        await self._client.aclose()

    async def _deliver(
        self, delivery: DeliveryId, request: DeliveryRequest, course: "_Course"
    ) -> AttemptOutcome:
        await self._client.prepare()
        used = self._client.generation
        outcome = await self._post(request, course)
        match outcome:
            case DeliveryFailed(code=code) if code in codec.RENEWABLE:
                course.verdict = outcome
                if await self._renewed(used):
                    course.verdict = None
                    outcome = await self._post(request, course)
            case OutcomeUnknown(code=code) if code in codec.RENEWABLE:
                # Not to be repeated now; but the next one shall do better.
                course.verdict = outcome
                await self._renewed(used)
            case _:
                pass
        if outcome is not Taken.ASK:
            return outcome
        course.verdict = OutcomeUnknown(code=codec.CONFLICT)
        match await self._ask(delivery):
            case Arrived(receipt=receipt):
                return DeliveryConfirmed(receipt=receipt)
            case _:
                return course.verdict

    async def _post(
        self, request: DeliveryRequest, course: "_Course"
    ) -> AttemptOutcome | Literal[Taken.ASK]:
        content = course.content = Outgoing(request.body)
        try:
            reply = await self._client.exchange(
                "POST",
                request.path,
                headers=request.headers,
                content=content,
                wanted=codec.wants_receipt,
            )
        except Exception as error:
            match content.failure:
                case None:
                    return codec.broken_off(error, content.progress)
                case EngineError() as ours:
                    return codec.our_failure(ours)
                case _:
                    raise
        finally:
            await content.aclose()
        return self._sorted(reply)

    def _sorted(self, reply: Reply) -> AttemptOutcome | Literal[Taken.ASK]:
        verdict = codec.sort_status(
            reply.status,
            certainty=self._connection.certainty,
            askable=bool(self._connection.receipt_path),
            unsure=self._connection.unsure_statuses,
        )
        if verdict is Taken.ASK:
            return verdict
        if verdict is not Taken.LOOK_AT_RECEIPT:
            honest = is_honest(reply, ())
            return verdict if honest else codec.refused_by_page(verdict)
        success = httpx.codes.is_success(reply.status)
        if is_honest(reply, self._connection.receipt_types if success else ()):
            return DeliveryConfirmed(receipt=receipt_of(reply))
        return OutcomeUnknown(code=codec.STRANGE)

    async def _renewed(self, used: int) -> bool:
        """Whether there are other credentials now than those just used."""
        try:
            await self._client.renew()
        except SecretMissing:
            return False
        return self._client.generation != used

    async def _ask(self, delivery: DeliveryId) -> Answer:
        if not self._connection.receipt_path:
            return NoAnswer(code=codec.CANNOT_BE_ASKED)
        values = {"delivery_id": delivery}
        path = fill_path(self._connection.receipt_path[0], values)
        try:
            reply = await self._client.exchange(
                "GET", path, headers=[], content=None, wanted=lambda _: True
            )
        except SecretMissing as error:
            return NoAnswer(code=error.code)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody answered
            return NoAnswer(code=codec.broken_off(error, Progress.CONNECTED).code)
        return self._answer(reply, values)

    def _answer(self, reply: Reply, values: Mapping[str, str]) -> Answer:
        types = self._connection.receipt_types
        if httpx.codes.is_success(reply.status) and is_honest(reply, types):
            return Arrived(receipt=receipt_of(reply))
        needed = self._connection.absent_text.fill(values).encode()
        absent = reply.status == httpx.codes.NOT_FOUND and needed in reply.body
        if absent and is_honest(reply, ()):
            return NotArrived()
        return codec.sort_question(reply.status)

    def _mapping(self, mapping: Mapping[str, Setting]) -> HttpMapping | DeliveryFailed:
        for known, parsed in self._mappings:
            if known is mapping or known == mapping:
                return parsed
        fields = Fields(mapping, "mapping")
        parsed = parse_mapping(fields)
        if fields.finish():
            return DeliveryFailed(kind=FailureKind.OURS, code=ConfigurationInvalid.code)
        self._mappings = [(mapping, parsed), *self._mappings[: REMEMBERED_MAPPINGS - 1]]
        return parsed


class _Course:
    """How far one delivery has come: what to say if time runs out now."""

    def __init__(self) -> None:
        self.content: Outgoing | None = None
        self.verdict: AttemptOutcome | None = None

    def so_far(self) -> AttemptOutcome:
        if self.verdict is not None:
            return self.verdict
        progress = self.content.progress if self.content else Progress.NOT_CONNECTED
        return codec.out_of_time(progress)
