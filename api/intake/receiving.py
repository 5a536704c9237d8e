"""One submission: documents onto the shelf, then one commit, then the answer."""

import structlog

from api.door import Door
from api.intake.body import Body
from api.intake.headers import Envelope
from api.intake.reading import read_submission
from api.intake.shelf import Shelf
from api.refusals import (
    IdempotencyKeyGone,
    IdempotencyKeyReused,
    ReplacedCaseUnknown,
    ServiceUnknown,
)
from api.tokens import authorize
from schemas.cases import Accepted, Arrival, KeyGone, KeyReused, Repeated
from schemas.errors import StorageFull, UnknownCase
from schemas.ids import CaseId, new_tracking_id
from schemas.rules.fingerprint import fingerprint
from schemas.rules.queues import line_of
from schemas.services import Service
from storage.ports import SenderToken

_log = structlog.get_logger("door")


async def take_submission(
    door: Door, token: SenderToken, envelope: Envelope, body: Body
) -> Accepted | Repeated:
    """Store and commit. Raises DoorRefusal, StorageFull, DatabaseAway."""
    service = _service_for(door, token, envelope)
    _check_room(door, envelope)
    case = CaseId(door.random_bytes(16).hex())
    key = door.vault.new_key(tenant=service.tenant, office=service.office, case=case)
    shelf = Shelf(door.vault, key, door.random_bytes)
    try:
        await read_submission(body, envelope.media_type, shelf, door.limits)
        arrival = _arrival(door, token, envelope, shelf)
    except BaseException:
        await shelf.discard()
        raise
    return await _commit(door, arrival, shelf)


async def _commit(door: Door, arrival: Arrival, shelf: Shelf) -> Accepted | Repeated:
    try:
        reception = await door.intake.receive(arrival)
    except UnknownCase:
        await shelf.discard()
        raise ReplacedCaseUnknown from None
    # After any other error the commit may have happened. The objects stay then:
    # without a case the sweeper finds them, with one nothing may be missing.
    match reception:
        case Accepted():
            _wake(door)
            return reception
        case Repeated():
            await shelf.discard()
            return reception
        case KeyReused():
            await shelf.discard()
            raise IdempotencyKeyReused
        case KeyGone():
            await shelf.discard()
            raise IdempotencyKeyGone


def _service_for(door: Door, token: SenderToken, envelope: Envelope) -> Service:
    service = door.configuration.services.get((token.tenant, envelope.service))
    if service is None:
        raise ServiceUnknown
    authorize(token, service)
    return service


def _check_room(door: Door, envelope: Envelope) -> None:
    needed = door.limits.free_space_floor + (envelope.declared or 0)
    if door.vault.free_bytes() < needed:
        raise StorageFull


def _arrival(
    door: Door, token: SenderToken, envelope: Envelope, shelf: Shelf
) -> Arrival:
    service = door.configuration.services[token.tenant, envelope.service]
    return Arrival(
        case=shelf.key.case,
        tenant=shelf.key.tenant,
        office=shelf.key.office,
        tracking_id=new_tracking_id(door.random_bytes),
        service=service.key,
        sender=token.sender,
        source=token.sender,
        key=envelope.key,
        fingerprint=fingerprint(service.key, shelf.prints()),
        snapshot=door.snapshots[service.id],
        wrapped_key=shelf.key.wrapped,
        documents=shelf.documents(),
        received_at=door.clock.now(),
        ordering_key=line_of(service),
        replaces=envelope.replaces,
    )


def _wake(door: Door) -> None:
    try:
        door.wake()
    except Exception as error:  # noqa: BLE001 - a lost hint must not cost the 202
        _log.warning("wake_failed", error=type(error).__name__)
