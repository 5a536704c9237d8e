"""The body of a delivery: what it consists of and how long it is, before any byte.

A body is described first and streamed later, so that its length is known
beforehand and no document is ever held as a whole.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from adapters.http.settings import BodyForm, Filenames, HttpMapping
from schemas.deliveries import Parcel, ParcelDocument
from schemas.documents import Role
from schemas.errors import FailureKind
from schemas.limits import MIB
from schemas.outcomes import DeliveryFailed

MAX_JSON_DOCUMENTS: Final = 16 * MIB
"""Base64 in JSON is for small documents: most readers hold it in memory."""
UNFIT: Final = "E-HTTP-UNFIT"
"""The case does not fit into the form of this destination."""
_MEDIA_TYPE = re.compile(
    r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}"
    r'(;[ ]?[A-Za-z0-9!#$&^_.+-]{1,60}=("[A-Za-z0-9 !#$&^_.+:/-]{0,80}"'
    r"|[A-Za-z0-9!#$&^_.+-]{1,80})){0,4}"
)
_OCTETS = "application/octet-stream"
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f"/\\\u2028\u2029\ud800-\udfff]')


@dataclass(frozen=True, kw_only=True, slots=True)
class Plain:
    """A document as it is."""

    document: ParcelDocument


@dataclass(frozen=True, kw_only=True, slots=True)
class Base64:
    """A document in base64."""

    document: ParcelDocument


Piece: TypeAlias = bytes | Plain | Base64


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """Pieces in order, and their length as bytes."""

    content_type: str
    length: int
    pieces: tuple[Piece, ...]


def body_of(
    parcel: Parcel, mapping: HttpMapping, values: Mapping[str, str]
) -> Body | DeliveryFailed:
    """The body in the form of the mapping, or why this case does not fit it."""
    fields = {name: template.fill(values) for name, template in mapping.fields}
    match mapping.body:
        case BodyForm.MAIN:
            return _main_alone(parcel)
        case BodyForm.MULTIPART:
            return _multipart(parcel, fields, mapping.filenames)
        case BodyForm.JSON:
            return _envelope(parcel, fields, mapping.filenames)


def boundary_of(parcel: Parcel) -> str:
    """The same for every repetition, and nothing a sender could know beforehand."""
    digest = hashlib.sha256(b"boundary\n" + parcel.delivery.encode())
    return f"amtsweg-{digest.hexdigest()[:32]}"


def safe_filename(document: ParcelDocument, filenames: Filenames) -> str:
    """A file name that ends no header, no quote and no folder.

    Umlauts stay, as UTF-8: RFC 7578 (section 4.2) forbids ``filename*`` in forms.
    """
    theirs = _UNSAFE.sub("_", document.filename).strip(" .")
    return document.name if filenames is Filenames.OURS or not theirs else theirs


def safe_media_type(media_type: str) -> str:
    """The media type if it is one that can stand in a header."""
    return media_type if _MEDIA_TYPE.fullmatch(media_type) else _OCTETS


def _main_alone(parcel: Parcel) -> Body | DeliveryFailed:
    match parcel.documents:
        # Without a byte to send it could not be told whether sending had begun.
        case (ParcelDocument(role=Role.MAIN, size=size) as main,) if size:
            return Body(
                content_type=safe_media_type(main.media_type),
                length=size,
                pieces=(Plain(document=main),),
            )
        case _:
            return _unfit()


def _multipart(parcel: Parcel, fields: Mapping[str, str], filenames: Filenames) -> Body:
    boundary = boundary_of(parcel)
    opening = f"--{boundary}\r\nContent-Disposition: form-data; name="
    pieces: list[Piece] = [
        f'{opening}"{name}"\r\n\r\n{text}\r\n'.encode() for name, text in fields.items()
    ]
    for document in parcel.documents:
        filename = safe_filename(document, filenames)
        head = (
            f'{opening}"{document.role.value}"; filename="{filename}"\r\n'
            f"Content-Type: {safe_media_type(document.media_type)}\r\n\r\n"
        )
        pieces += (head.encode(), Plain(document=document), b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    return _body(f"multipart/form-data; boundary={boundary}", pieces)


def _envelope(
    parcel: Parcel, fields: Mapping[str, str], filenames: Filenames
) -> Body | DeliveryFailed:
    if sum(document.size for document in parcel.documents) > MAX_JSON_DOCUMENTS:
        return _unfit()
    pieces: list[Piece] = [_opened(fields) + b'"documents":[']
    for number, document in enumerate(parcel.documents):
        about = {
            "filename": safe_filename(document, filenames),
            "media_type": safe_media_type(document.media_type),
            "name": document.name,
            "role": document.role.value,
            "sha256": document.sha256,
            "size": document.size,
        }
        comma = b"," if number else b""
        pieces += (
            comma + _opened(about) + b'"content":"',
            Base64(document=document),
            b'"}',
        )
    pieces.append(b"]}")
    return _body("application/json", pieces)


def _opened(values: Mapping[str, str | int]) -> bytes:
    """A JSON object that goes on after its last value."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return (text[:-1] + ("," if values else "")).encode()


def _body(content_type: str, pieces: list[Piece]) -> Body:
    return Body(
        content_type=content_type,
        length=sum(_length(piece) for piece in pieces),
        pieces=tuple(pieces),
    )


def _length(piece: Piece) -> int:
    match piece:
        case bytes():
            return len(piece)
        case Plain(document=document):
            return document.size
        case Base64(document=document):
            return (document.size + 2) // 3 * 4


def _unfit() -> DeliveryFailed:
    return DeliveryFailed(kind=FailureKind.OURS, code=UNFIT)
