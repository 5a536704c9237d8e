"""A pack ready for use: schemas, validators and code lists in memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Final

import jsonschema_rs
from lxml import etree

from schemas.errors import PackBroken
from schemas.findings import PackRef
from schemas.packs.catalogue import Spot
from schemas.packs.closure import Closure, close
from schemas.packs.code_lists import CodeLists, read_index
from schemas.packs.json_schema import JsonSchema, compile_json_schema
from schemas.packs.manifest import CODE_LIST_INDEX, Manifest
from schemas.packs.sums import Sealed
from schemas.packs.xsd import compile_closure

XSD_COST: Final = 16
"""Bytes in memory for each byte of XSD.

Measured with lxml 6.1 as growth of the process: 6 to 8 for XÖV standards, whose files
are half documentation, 15 to 16 for EN 16931, which has next to none.
"""
BASE_COST: Final = 64 * 1024
MAX_IDLE: Final = 4
"""Compiled schemas kept for the next ones; more than these many are dropped."""


class CompiledPack:
    """One version of a pack; several live side by side, and any thread may ask."""

    def __init__(self, manifest: Manifest, packs: Sequence[Sealed]) -> None:
        """``packs`` are its own files and then those of all that it requires."""
        self._packs = {pack.key: pack for pack in packs}
        own = packs[0]
        self.ref: Final = PackRef(
            id=manifest.id, version=manifest.version, sha256=own.sha256
        )
        self.manifest: Final = manifest
        self.folder: Final[Path] = own.folder
        # Walking and compiling look at the same bytes; afterwards nobody holds them.
        once = cache(self._read)
        self._closure: Final = (
            close(packs, manifest.schemas, once) if manifest.schemas else None
        )
        self._json = _json_of(manifest, packs)
        self.code_lists: Final = _code_lists_of(packs)
        self._fixed = (
            BASE_COST
            + (self.code_lists.weight if self.code_lists else 0)
            + (self._json.weight if self._json else 0)
        )
        self._lock = Lock()
        # The first is compiled now: what is wrong shows before it is needed.
        self._idle = [compile_closure(self._closure, once)] if self._closure else []
        self._made = len(self._idle)

    @property
    def weight(self) -> int:
        """Bytes in memory, about."""
        schema = self._closure.size * XSD_COST if self._closure else 0
        return self._fixed + schema * self._made

    @property
    def vocabulary(self) -> frozenset[str]:
        """Local names of every element and attribute that its schemas declare."""
        return self._closure.vocabulary if self._closure else frozenset()

    @property
    def closure(self) -> tuple[Spot, ...]:
        """Every schema file that belongs to it, in whichever pack."""
        return self._closure.files if self._closure else ()

    @property
    def json_validator(self) -> jsonschema_rs.Validator | None:
        """None where it has no JSON schema."""
        return self._json.validator if self._json else None

    @property
    def json_vocabulary(self) -> frozenset[str]:
        """Every name of a property that its JSON schema mentions."""
        return self._json.vocabulary if self._json else frozenset()

    def read(self, name: str) -> bytes:
        """A file of its own, for instance a stylesheet, as it was sealed."""
        return self._read(Spot(self.manifest.key, name))

    @contextmanager
    def schema(self) -> Iterator[etree.XMLSchema]:
        """Lends a schema to one thread; it is compiled anew when none is free.

        One that was there when something was raised is not lent again.
        """
        if self._closure is None:
            raise PackBroken(f"{self.manifest.key} has no XML schema to check with")
        with self._lock:
            lent = self._idle.pop() if self._idle else None
        if lent is None:
            lent = self._compile(self._closure)
        sound = False
        try:
            yield lent
            sound = True
        finally:
            with self._lock:
                if sound and len(self._idle) < MAX_IDLE:
                    self._idle.append(lent)
                else:
                    self._made -= 1

    def _compile(self, closure: Closure) -> etree.XMLSchema:
        schema = compile_closure(closure, self._read)
        with self._lock:
            self._made += 1
        return schema

    def _read(self, spot: Spot) -> bytes:
        return self._packs[spot.key].read(spot.name)


def _json_of(manifest: Manifest, packs: Sequence[Sealed]) -> JsonSchema | None:
    if not manifest.json_schema:
        return None
    return compile_json_schema(packs[0], manifest.json_schema)


def _code_lists_of(packs: Sequence[Sealed]) -> CodeLists | None:
    found = [
        read_index(pack.read(CODE_LIST_INDEX))
        for pack in packs
        if CODE_LIST_INDEX in pack.listed
    ]
    own = CODE_LIST_INDEX in packs[0].listed
    return CodeLists(found[0], found[1:]) if own else None
