"""What a standard calls itself: id, version, title and URN, out of its own schemas."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from schemas.packs.building.survey import XSD, Schema

_NUMBERS: Final = r"\d+(?:[._-]\d+){0,3}"
_VERSION: Final = re.compile(
    rf"(?:^|[^0-9A-Za-z])(?:version[_-]?|v)?({_NUMBERS})$", re.IGNORECASE
)
_AFTER_NAME: Final = re.compile(
    rf"^(.*?[^\W\d_])[ _.-]*(?:version[_-]?|v)?({_NUMBERS})$"
)
_IN_NAME: Final = re.compile(
    rf"^(.*?[^\W\d_])[ _.-]+(?:version[_-]?|v)?({_NUMBERS})(?=[ _-])", re.IGNORECASE
)
_EMPTY_WORDS: Final = frozenset(
    {"xsd", "schema", "schemas", "schemata", "def", "data", "standard", "ns"}
    | {"http:", "https:", "urn", "xoev-de", "www", "version", "efa", "", "types"}
)
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Naming:
    """The names of a pack; "" where nothing says it."""

    id: str = ""
    version: str = ""
    title: str = ""
    urn: str = ""
    licence: str = ""

    def or_else(self, other: "Naming") -> "Naming":
        """What is still open here, from the other."""
        return Naming(
            id=self.id or other.id,
            version=self.version or other.version,
            title=self.title or other.title,
            urn=self.urn or other.urn,
            licence=self.licence or other.licence,
        )


def named_by_schema(schemas: Iterable[Schema]) -> Naming:
    """What the XÖV appinfo says, else nothing."""
    naming = Naming()
    for schema in schemas:
        info = f"{{{XSD}}}annotation/{{{XSD}}}appinfo"
        standard = schema.root.find(f"{info}/standard")
        release = schema.root.find(f"{info}/versionStandard")
        if standard is None or release is None:
            continue
        version = _words(release.findtext("version"))
        naming = naming.or_else(
            Naming(
                id=as_id(_words(standard.findtext("nameTechnisch"))),
                version=as_version(version),
                title=" ".join(
                    filter(None, (_words(standard.findtext("nameKurz")), version))
                ),
                urn=_words(standard.findtext("kennung")),
                licence=_words(release.findtext("lizenz")),
            )
        )
    return naming


def named_by_namespace(namespace: str) -> Naming:
    """``…/xschule/1.2/xsd``, ``urn:…:xdomea:schema:3.0.0``, ``…/Version_2_4_0``."""
    parts = [part for part in re.split(r"[/:#]", namespace) if part]
    version = ""
    for at in range(len(parts) - 1, -1, -1):
        part = parts[at]
        whole = _VERSION.search(part) if part[:1].isdigit() else None
        labelled = re.fullmatch(rf"(?:version[_-]?|v)({_NUMBERS})", part, re.IGNORECASE)
        joined = _AFTER_NAME.match(part)
        found = whole or labelled
        if found:
            version = f"{found[1]}.{version}" if version else found[1]
        elif joined and not version and part.lower() not in _EMPTY_WORDS:
            return Naming(id=as_id(joined[1]), version=as_version(joined[2]))
        elif part.lower() not in _EMPTY_WORDS:
            return Naming(id=as_id(_apart(part)), version=as_version(version))
    return Naming(version=as_version(version))


def _apart(part: str) -> str:
    """``CrossIndustryInvoice`` in words; ``XSchule`` is one."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", part)


def named_by_folder(name: str) -> Naming:
    """``xbau_2.1``, ``XMeld-v3.4 XSD``, or just ``xoev-bibliothek``."""
    found = _AFTER_NAME.match(name) or _IN_NAME.match(name)
    if found:
        return Naming(id=as_id(found[1]), version=as_version(found[2]))
    return Naming(id=as_id(name))


def version_of_bytes(files: Mapping[str, bytes]) -> str:
    """Where nothing names a version: one that names exactly these bytes."""
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(f"{path}\0".encode())
        whole.update(hashlib.sha256(files[path]).digest())
    return f"sha-{whole.hexdigest()[:10]}"


def as_id(said: str) -> str:
    """Small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFC", said.lower()).translate(_UMLAUTS)
    kept = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in plain)
    return re.sub(r"-+", "-", kept).strip("-")[:60].strip("-")


def as_version(said: str) -> str:
    """Dots between numbers, as most standards write it."""
    plain = said.strip().replace("_", ".")
    kept = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in ".-") else "-"
        for sign in plain
    )
    return kept.strip(".-")[:40].strip(".-")


def _words(text: str | None) -> str:
    return " ".join((text or "").split())
