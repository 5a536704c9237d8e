"""What applied to a case when it was received: canonical JSON under its SHA-256.

Kept with the case for years, so the format is versioned and read strictly. Of a
destination it holds what is frozen with a case (id, adapter, mapping), and nothing
that may change under it: name, address, credentials, limits.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from schemas.checking.policy import CheckPolicy
from schemas.configuration.check_policy import UNCHECKED, frozen, thawed
from schemas.errors import SnapshotUnreadable
from schemas.ids import (
    DestinationId,
    OfficeId,
    ServiceId,
    ServiceKey,
    SnapshotHash,
    StepName,
    TenantId,
)
from schemas.services import (
    Configuration,
    Destination,
    Order,
    Service,
    Setting,
    Snapshot,
)

FORMAT: Final = 2
_BEFORE_PACKS: Final = 1
"""Then documents had to be well-formed, and nothing more."""
_SECOND: Final = timedelta(seconds=1)

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class FrozenDestination:
    """What of a destination is frozen with a case."""

    id: DestinationId
    adapter: str
    mapping: Mapping[str, Setting]


@dataclass(frozen=True, kw_only=True, slots=True)
class SnapshotContent:
    """A service as it was, with what was to be sent to its destinations."""

    service: ServiceKey
    name: str
    tenant: TenantId
    office: OfficeId
    process: tuple[StepName, ...]
    deadline: timedelta
    retention_class: str
    order: Order
    check: CheckPolicy
    destinations: tuple[FrozenDestination, ...]


def snapshots(configuration: Configuration) -> Mapping[ServiceId, Snapshot]:
    """What a case of each service keeps; to be made once, at start."""
    return {
        name: encode(content_of(service, configuration.destinations))
        for name, service in configuration.services.items()
    }


def content_of(
    service: Service, destinations: Mapping[DestinationId, Destination]
) -> SnapshotContent:
    """What a case of this service has to keep."""
    wanted = (destinations[one] for one in service.destinations)
    return SnapshotContent(
        service=service.key,
        name=service.name,
        tenant=service.tenant,
        office=service.office,
        process=service.process,
        deadline=service.deadline,
        retention_class=service.retention_class,
        order=service.order,
        check=service.check,
        destinations=tuple(
            FrozenDestination(id=one.id, adapter=one.adapter, mapping=one.mapping)
            for one in wanted
        ),
    )


def encode(content: SnapshotContent) -> Snapshot:
    """Sorted keys, no spaces, UTF-8: the same content is the same bytes."""
    plain = {
        "format": FORMAT,
        "service": content.service,
        "name": content.name,
        "tenant": content.tenant,
        "office": content.office,
        "process": content.process,
        "deadline_seconds": content.deadline // _SECOND,
        "retention_class": content.retention_class,
        "order": content.order.value,
        "check": _plain(frozen(content.check)),
        "destinations": [
            {"id": one.id, "adapter": one.adapter, "mapping": _plain(one.mapping)}
            for one in content.destinations
        ],
    }
    text = json.dumps(
        plain,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )
    body = text.encode()
    return Snapshot(hash=address(body), body=body)


def address(body: bytes) -> SnapshotHash:
    """The name a snapshot has because of its content."""
    return SnapshotHash(hashlib.sha256(body).hexdigest())


def decode(body: bytes) -> SnapshotContent:
    """What was encoded, years ago perhaps. Raises SnapshotUnreadable."""
    try:
        return _content(_table(json.loads(body)))
    except (ValueError, KeyError, OverflowError, RecursionError):
        # The cause would quote the content; the chain of errors must not.
        raise SnapshotUnreadable from None


def _content(plain: Mapping[str, object]) -> SnapshotContent:
    format_ = _as(int, plain["format"])
    if format_ not in {_BEFORE_PACKS, FORMAT}:
        raise SnapshotUnreadable
    return SnapshotContent(
        service=ServiceKey(_text(plain["service"])),
        name=_text(plain["name"]),
        tenant=TenantId(_text(plain["tenant"])),
        office=OfficeId(_text(plain["office"])),
        process=tuple(StepName(_text(step)) for step in _list(plain["process"])),
        deadline=_as(int, plain["deadline_seconds"]) * _SECOND,
        retention_class=_text(plain["retention_class"]),
        order=Order(_text(plain["order"])),
        check=(
            UNCHECKED
            if format_ == _BEFORE_PACKS
            else thawed(_settings(_table(plain["check"])))
        ),
        destinations=tuple(
            _destination(_table(one)) for one in _list(plain["destinations"])
        ),
    )


def _destination(plain: Mapping[str, object]) -> FrozenDestination:
    return FrozenDestination(
        id=DestinationId(_text(plain["id"])),
        adapter=_text(plain["adapter"]),
        mapping=_settings(_table(plain["mapping"])),
    )


def _plain(setting: Setting) -> object:
    """Any mapping as a dict, which is the only one that json knows."""
    match setting:
        case Mapping():
            return {key: _plain(value) for key, value in setting.items()}
        case tuple():
            return [_plain(element) for element in setting]
        case _:
            return setting


def _setting(value: object) -> Setting:
    match value:
        case dict():
            return _settings(value)
        case list():
            return tuple(_setting(element) for element in value)
        case str() | bool() | int() | float():
            return value
        case _:
            raise SnapshotUnreadable


def _settings(table: Mapping[str, object]) -> Mapping[str, Setting]:
    return {key: _setting(value) for key, value in table.items()}


def _as(kind: type[T], value: object) -> T:
    # Exactly this type: a bool is an int to Python, but not to us.
    if not isinstance(value, kind) or type(value) is not kind:
        raise SnapshotUnreadable
    return value


def _text(value: object) -> str:
    return _as(str, value)


def _list(value: object) -> Iterable[object]:
    return _as(list, value)


def _table(value: object) -> Mapping[str, object]:
    return _as(dict, value)
