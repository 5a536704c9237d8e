"""Taking one submission in: into the vault, then one commit, as the door does."""

import asyncio
from datetime import datetime, timedelta
from typing import Final, assert_never

from adapters.base import Inbox, Opened
from flows.sources.errors import (
    ServiceNotOffered,
    SubmissionChanged,
    SubmissionDeleted,
    TakingTooSlow,
)
from flows.sources.ports import SourcePorts
from schemas.cases import Accepted, Arrival, KeyGone, KeyReused, Repeated
from schemas.channels import SOURCE_SENDER, Announced, ChannelSubmission, Gone
from schemas.errors import StorageFull
from schemas.ids import CaseId, SenderId, new_tracking_id
from schemas.rules.fingerprint import channel_fingerprint
from schemas.rules.queues import line_of
from schemas.rules.sources import leika_of, service_of
from schemas.services import Service
from schemas.sources import Source
from storage.base import CaseKey
from storage.shelf import VaultShelf

DEADLINE: Final = timedelta(hours=1)
"""Of one submission; 2 GB over a slow line are done by then."""


class LeftThere(Exception):
    """It waits in its mailbox, since the moment it was handed in."""

    def __init__(self, since: datetime) -> None:
        super().__init__()
        self.since = since


class Taking:
    """Takes submissions of one source, one at a time."""

    def __init__(self, source: Source, inbox: Inbox, ports: SourcePorts) -> None:
        self._source, self._inbox, self._ports = source, inbox, ports
        self._sender = SenderId(f"{SOURCE_SENDER}{source.id}")

    async def take(
        self, announced: Announced, *, seconds: float = DEADLINE.total_seconds()
    ) -> bool:
        """Whether it became a case just now; False where it is one, or is gone.

        Raises LeftThere from what stands in the way, as soon as it is known when
        the submission was handed in; before, CounterpartAway and errors of ours.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._take(announced)
        except TimeoutError as late:
            raise TakingTooSlow from late

    async def _take(self, announced: Announced) -> bool:
        ports = self._ports
        if ports.vault.free_bytes() < ports.floor:
            raise StorageFull
        opened = await self._inbox.open(announced)
        ports.at("opened")
        if isinstance(opened, Gone):
            return False
        try:
            service = self._service(opened.service)
            return await self._keep(opened, service)
        except Exception as error:
            raise LeftThere(opened.submitted_at) from error

    async def _keep(self, opened: Opened, service: Service) -> bool:
        ports = self._ports
        case = CaseId(ports.random_bytes(16).hex())
        key = ports.vault.new_key(
            tenant=service.tenant, office=service.office, case=case
        )
        shelf = VaultShelf(ports.vault, key, ports.random_bytes)
        try:
            submission = await opened.store(shelf)
            arrival = self._arrival(submission, service, key, shelf)
        except BaseException:
            await shelf.discard()
            raise
        ports.at("stored")
        # After an error here the commit may have happened. The objects stay then:
        # without a case the sweeper finds them, with one nothing may be missing.
        reception = await ports.intake.receive(arrival)
        ports.at("received")
        match reception:
            case Accepted():
                ports.wake()
                return True
            case Repeated():
                await shelf.discard()
                return False
            case KeyReused():
                await shelf.discard()
                raise SubmissionChanged
            case KeyGone():
                await shelf.discard()
                raise SubmissionDeleted
            case _:
                assert_never(reception)

    def _service(self, identifier: str) -> Service:
        services = self._ports.services
        known = service_of(self._source, identifier, services)
        if known is None:
            raise ServiceNotOffered(leika_of(identifier) or "(no LeiKa key)")
        return services[known]

    def _arrival(
        self,
        submission: ChannelSubmission,
        service: Service,
        key: CaseKey,
        shelf: VaultShelf,
    ) -> Arrival:
        ports = self._ports
        return Arrival(
            case=key.case,
            tenant=key.tenant,
            office=key.office,
            tracking_id=new_tracking_id(ports.random_bytes),
            service=service.key,
            sender=self._sender,
            source=self._sender,
            key=submission.submission,
            fingerprint=channel_fingerprint(service.key, submission),
            snapshot=ports.snapshots[service.id],
            wrapped_key=key.wrapped,
            documents=shelf.documents(),
            received_at=ports.clock.now(),
            # A strict service's line holds the channel's cases in order, too.
            ordering_key=line_of(service) or f"{submission.channel}:{submission.case}",
            channel=submission,
        )
