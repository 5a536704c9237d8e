"""Reading metadata: bytes in, values or problems out, never an exception."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Final, TypeAlias, cast

import jsonschema_rs

from adapters.fitconnect.events.patterns import is_uuid
from adapters.fitconnect.events.problems import problem
from adapters.fitconnect.metadata.models import Model, Models, model_for, our_models
from adapters.fitconnect.metadata.values import (
    REPLY_CHANNELS,
    UNKNOWN_CHANNEL,
    AttachmentPart,
    DataPart,
    Metadata,
    Payment,
    Reply,
    Version,
    version_of,
)
from schemas.checking.course import Course, Stopped
from schemas.checking.json_documents import ALL_ERRORS_BYTES, read_json
from schemas.checking.places import pointer
from schemas.limits import MIB
from schemas.states import Problem

_MOST: Final = 20
"""Problems of one text; nobody reads more."""
_LARGEST: Final = 15
"""Digits of an amount before the comma, less one."""
_OLDEST: Final[Version] = (1, 0, 0)
"""The only version whose schema does not ask for ``$schema``."""
_Object: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Supported:
    """What we take, as configured."""

    majors: frozenset[int] = frozenset({1, 2})
    may_lack_schema: bool = False
    """Metadata without ``$schema`` are 1.0.0; else they are a problem."""
    most_bytes: int = 16 * MIB
    """Data sets stand within."""
    models: Models = field(default_factory=our_models)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problems:
    """Why the metadata cannot be used."""

    found: tuple[Problem, ...]
    is_certain: bool = True
    """False where only the model of another minor version was at hand: what is
    wrong by 1.0 may be right by 1.3, so the sender must not be told."""


ANY: Final = Supported()


def read_metadata(raw: bytes, *, supported: Supported = ANY) -> Metadata | Problems:
    """Decrypted metadata. For any bytes; heavy ones belong into a thread."""
    if len(raw) > supported.most_bytes:
        return _one("fit-metadata-too-large")
    course = Course(limit=float("inf"))
    try:
        value = read_json(course, raw)
    except Stopped:
        return _one("fit-metadata-syntax", detail=course.result().findings[0].detail)
    if not isinstance(value, Mapping):
        return _one("fit-metadata-violation", detail="type")
    version = _version(value, supported)
    if isinstance(version, Problems):
        return version
    model = model_for(supported.models, version)
    if model is None or version[0] not in supported.majors:
        return _one("fit-metadata-schema-unsupported")
    if not model.validator.is_valid(value):
        is_certain = model.version[:2] == version[:2]
        found = _violations(value, model, len(raw))
        return Problems(found=found, is_certain=is_certain)
    return _judged(_metadata(value, version))


def _one(code: str, *, location: str = "", detail: str = "") -> Problems:
    return Problems(found=(problem(code, location=location, detail=detail),))


def _version(value: _Object, supported: Supported) -> Version | Problems:
    if "$schema" not in value:
        if supported.may_lack_schema:
            return _OLDEST
        return _one("fit-metadata-schema-missing")
    return version_of(value["$schema"]) or _one("fit-metadata-schema-unsupported")


def _violations(value: _Object, model: Model, size: int) -> tuple[Problem, ...]:
    """Each place and keyword once; the engine's messages quote, so none is told."""
    if size > ALL_ERRORS_BYTES:
        try:
            model.validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            return (_violation(error, model),)
    errors = islice(model.validator.iter_errors(value), _MOST)
    return tuple(dict.fromkeys(_violation(one, model) for one in errors))


def _violation(error: jsonschema_rs.ValidationError, model: Model) -> Problem:
    keyword = error.kind.name
    path = list(error.instance_path)
    missing = getattr(error.kind, "property", "") if keyword == "required" else ""
    return problem(
        "fit-metadata-violation",
        location=pointer((*path, missing) if missing else path, model.vocabulary),
        detail=keyword,
    )


def _judged(metadata: Metadata) -> Metadata | Problems:
    """What no schema says: amounts are amounts, an upload has one attachment."""
    amount = metadata.payment.amount if metadata.payment else None
    if amount is not None and amount.adjusted() > _LARGEST:
        # 1E999999 fulfils the schema, and would be a megabyte in somebody's hands.
        place = "/paymentInformation/grossAmount"
        return _one("fit-metadata-violation", location=place, detail="maximum")
    ids = [one.id for one in metadata.attachments]
    uploads = [id_ for one in metadata.attachments for id_ in one.uploads]
    is_unique = len(set(ids)) == len(ids) and len(set(uploads)) == len(uploads)
    if not is_unique or not all(map(is_uuid, (*ids, *uploads))):
        return _one("fit-attachments-described")
    return metadata


def _metadata(value: _Object, version: Version) -> Metadata:
    """Only from what fulfils a schema: types are as it says."""
    structure = _object(value, "contentStructure")
    about = _object(value, "additionalReferenceInfo")
    return Metadata(
        version=".".join(map(str, version)),
        data=_data(_object(structure, "data")),
        attachments=tuple(map(_attachment, _objects(structure, "attachments"))),
        service=_text(_object(value, "publicServiceType"), "identifier"),
        payment=_payment(_object(value, "paymentInformation")),
        reply=_reply(_object(value, "replyChannel")),
        reference=_text(about, "senderReference"),
        application_date=_text(about, "applicationDate"),
    )


def _data(value: _Object) -> DataPart | None:
    if not value:
        return None
    schema = _object(value, "submissionSchema")
    return DataPart(
        hash=_text(_object(value, "hash"), "content"),
        schema_uri=_text(schema, "schemaUri"),
        mime=_text(schema, "mimeType"),
    )


def _attachment(value: _Object) -> AttachmentPart:
    fragments = value.get("fragments")
    return AttachmentPart(
        id=_text(value, "attachmentId").lower(),
        hash=_text(_object(value, "hash"), "content"),
        purpose=_text(value, "purpose"),
        mime=_text(value, "mimeType"),
        filename=_text(value, "filename"),
        fragments=tuple(str(one).lower() for one in fragments)
        if isinstance(fragments, list)
        else (),
    )


def _payment(value: _Object) -> Payment | None:
    if not value:
        return None
    amount = value.get("grossAmount")
    return Payment(
        reference=_text(value, "transactionReference"),
        transaction=_text(value, "transactionId"),
        method=_text(value, "paymentMethod"),
        status=_text(value, "status"),
        amount=Decimal(amount) if isinstance(amount, int | Decimal) else None,
    )


def _reply(value: _Object) -> Reply | None:
    for kind in value:
        known = kind if kind in REPLY_CHANNELS else UNKNOWN_CHANNEL
        return Reply(kind=known, content=_object(value, kind))
    return None


def _object(value: _Object, name: str) -> _Object:
    """Empty where there is none."""
    found = value.get(name)
    return cast("_Object", found) if isinstance(found, Mapping) else {}


def _objects(value: _Object, name: str) -> Sequence[_Object]:
    found = value.get(name)
    if not isinstance(found, list):
        return ()
    return [one for one in found if isinstance(one, Mapping)]


def _text(value: _Object, name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""
