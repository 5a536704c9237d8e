"""Tiny packs for tests, made in a folder of the test's own."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from schemas.packs.activation import Activation, write_activation
from schemas.packs.manifest import MANIFEST, SUMS, Kind, Manifest, Message
from schemas.packs.manifest_file import write_manifest
from schemas.packs.sums import make_sums, pack_hash

XS: Final = "http://www.w3.org/2001/XMLSchema"
SPACE: Final = "urn:example:tiny"


def xsd(
    body: str, *, space: str = SPACE, spaces: Mapping[str, str] | None = None
) -> str:
    """A schema around this body; ``spaces`` are further prefixes."""
    named = "".join(f' xmlns:{name}="{uri}"' for name, uri in (spaces or {}).items())
    target = f' targetNamespace="{space}" xmlns:t="{space}"' if space else ""
    return (
        f'<xs:schema xmlns:xs="{XS}"{target}{named} '
        f'elementFormDefault="qualified">{body}</xs:schema>'
    )


def importing(location: str, space: str = "urn:example:other") -> str:
    """An import, to be put first into a schema."""
    return f'<xs:import namespace="{space}" schemaLocation="{location}"/>'


ROOT: Final = """\
<xs:element name="antrag"><xs:complexType>
  <xs:sequence><xs:element name="betrag" type="xs:decimal"/></xs:sequence>
  <xs:attribute name="nummer"/>
</xs:complexType></xs:element>"""
GOOD: Final = f'<antrag xmlns="{SPACE}"><betrag>1.50</betrag></antrag>'
BAD: Final = f'<antrag xmlns="{SPACE}"><betrag>viel</betrag></antrag>'
TINY: Final = Manifest(
    id="tiny",
    version="1",
    kind=Kind.XOEV,
    title="A tiny standard",
    namespace=SPACE,
    schemas=("xsd/tiny.xsd",),
    messages=(Message(name="antrag"),),
)
FILES: Final[Mapping[str, str | bytes]] = {"xsd/tiny.xsd": xsd(ROOT)}
LIBRARY: Final = Manifest(id="lib", version="1", kind=Kind.LIBRARY, title="Types")


def make_pack(
    place: Path,
    manifest: Manifest = TINY,
    files: Mapping[str, str | bytes] = FILES,
    **changes: Any,  # noqa: ANN401 - fields of the manifest
) -> Path:
    """A sealed pack below ``place``; ``changes`` are fields of its manifest."""
    manifest = replace(manifest, **changes)
    folder = place / manifest.key
    write_files(folder, files)
    (folder / MANIFEST).write_bytes(write_manifest(manifest))
    seal(folder)
    return folder


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """These files, with the folders that they need."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body if isinstance(body, bytes) else body.encode())


def seal(folder: Path) -> None:
    """Writes ``pack.sums`` for what is there now."""
    (folder / SUMS).unlink(missing_ok=True)
    (folder / SUMS).write_bytes(make_sums(folder))


def activate(folder: Path) -> None:
    """What ``schema add`` writes once all samples went well."""
    write_activation(
        folder.parent,
        Activation(
            sha256=pack_hash((folder / SUMS).read_bytes()),
            key=folder.name,
            engines=(("lxml", "6.1"),),
            valid_samples=1,
            invalid_samples=1,
            at=datetime(2026, 5, 1, tzinfo=UTC),
        ),
    )
