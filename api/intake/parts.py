"""The header of one part: which role, which type, which file name."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from api.intake.limits import DoorLimits
from api.intake.media import HeaderValue, parse_header_value
from api.intake.refusals import (
    FilenameRefused,
    FilenameTooLong,
    MultipartMalformed,
    PartTypeRefused,
    PartUnknown,
)
from schemas.documents import Role

_HEADER: Final = re.compile(
    r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", re.DOTALL
)
_EXTENDED: Final = re.compile(
    r"utf-8'[A-Za-z0-9-]*'((?:[\w!#$&+.^`|~-]|%[0-9A-F]{2})*)", re.IGNORECASE | re.ASCII
)
_ROLES: Final = {"main": Role.MAIN, "attachment": Role.ATTACHMENT}
_PLAIN_ENCODINGS: Final = frozenset({"7bit", "8bit", "binary"})
_UNKNOWN_TYPE: Final = HeaderValue(value="application/octet-stream", parameters={})
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control characters, and those that make a name look like another one."""
_JOINERS: Final = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
"""Persian and Indic names, and emoji, cannot be written without them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PartHead:
    """What a part says about itself; the file name is data, never a path."""

    role: Role
    media_type: HeaderValue
    filename: str = field(repr=False)


def read_part_head(header: bytes, limits: DoorLimits) -> PartHead:
    """Read the header lines of a part. Raises DoorRefusal."""
    fields = _fields(header)
    disposition = parse_header_value(fields.get("content-disposition", ""))
    if disposition is None or disposition.value != "form-data":
        raise MultipartMalformed("A part has no readable Content-Disposition.")
    role = _ROLES.get(disposition.parameters.get("name", ""))
    if role is None:
        raise PartUnknown
    if fields.get("content-transfer-encoding", "8bit").lower() not in _PLAIN_ENCODINGS:
        raise MultipartMalformed("RFC 7578 knows no Content-Transfer-Encoding.")
    return PartHead(
        role=role,
        media_type=_media_type(fields.get("content-type"), role),
        filename=_filename(disposition, limits.filename_characters),
    )


def _fields(header: bytes) -> dict[str, str]:
    try:
        lines = header.decode().split("\r\n")
    except UnicodeDecodeError:
        raise FilenameRefused("The headers of a part are not UTF-8.") from None
    fields: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None or found[1].lower() in fields:
            raise MultipartMalformed("A header of a part is broken or repeated.")
        fields[found[1].lower()] = found[2]
    return fields


def _media_type(text: str | None, role: Role) -> HeaderValue:
    if text is None and role is Role.ATTACHMENT:
        return _UNKNOWN_TYPE
    parsed = parse_header_value(text or "")
    if parsed is None or not parsed.is_media_type():
        raise PartTypeRefused
    return parsed


def _filename(disposition: HeaderValue, longest: int) -> str:
    name = disposition.parameters.get("filename", "")
    extended = disposition.parameters.get("filename*")
    if extended is not None:
        name = _decode_extended(extended)
    if len(name) > longest:
        raise FilenameTooLong(f"At most {longest} characters.")
    if any(c not in _JOINERS and unicodedata.category(c) in _INVISIBLE for c in name):
        raise FilenameRefused("It contains a control character.")
    if "/" in name or "\\" in name or name in {".", ".."}:
        raise FilenameRefused("It contains a folder.")
    return name


def _decode_extended(text: str) -> str:
    """RFC 8187; RFC 7578 forbids it in forms, but clients send it."""
    found = _EXTENDED.fullmatch(text)
    if found is None:
        raise FilenameRefused("filename* is not UTF-8 after RFC 8187.")
    try:
        return unquote_to_bytes(found[1]).decode()
    except UnicodeDecodeError:
        raise FilenameRefused("filename* is not UTF-8.") from None
