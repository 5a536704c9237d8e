"""Maps at work: a stylesheet where it can be killed, a declarative map in a thread."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final, TypeVar

import structlog

from flows.checking.orders import MapOrder, Mapped, MappedBack
from flows.checking.pool import CheckPool, ProcessLost
from schemas.mapping.applying import PackMap, from_xml, to_xml
from schemas.mapping.backwards import Read
from schemas.mapping.building import Built, Given
from schemas.mapping.form_data import read_form
from schemas.mapping.form_map import StylesheetMap
from schemas.mapping.problems import MapProblem, failed, unreadable

T = TypeVar("T", Mapped, MappedBack)

_LATE: Final = "time-limit"
_BROKEN: Final = "check process"
_log = structlog.get_logger(__name__)


class Maps:
    """Form to XML and back, by the maps of packs."""

    def __init__(self, pool: CheckPool, *, seconds: float) -> None:
        """``seconds`` for a stylesheet, which may run for ever."""
        self._pool = pool
        self._seconds = seconds

    async def to_xml(self, found: PackMap, form: bytes, given: Given) -> Built:
        """The document a form becomes, or why it cannot."""
        if not isinstance(found.map, StylesheetMap):
            return await asyncio.to_thread(_to_xml, found, form, given)
        order = self._order(found, given, back=False)
        mapped = await self._asked(order, form, Mapped)
        return _nothing(mapped) if isinstance(mapped, MapProblem) else mapped.built

    async def from_xml(
        self, found: PackMap, xml: bytes, given: Given
    ) -> Read | MapProblem:
        """The form behind a document, or what went wrong with the map itself."""
        if not isinstance(found.map, StylesheetMap):
            return await asyncio.to_thread(from_xml, found.map, xml)
        order = self._order(found, given, back=True)
        mapped = await self._asked(order, xml, MappedBack)
        if isinstance(mapped, MapProblem):
            return mapped
        return Read(form=mapped.form or {}, is_other=mapped.form is None)

    def _order(self, found: PackMap, given: Given, *, back: bool) -> MapOrder:
        return MapOrder(
            pack=found.pack,
            file=found.file,
            given=given,
            back=back,
            limit=self._seconds,
        )

    async def _asked(
        self, order: MapOrder, document: bytes, kind: type[T]
    ) -> T | MapProblem:
        try:
            async with self._pool.lent() as process:
                await process.ask(order, _one(document))
                return await process.answer(kind, self._seconds)
        except TimeoutError:
            _log.warning("map_too_slow", pack=order.pack.id)
            return failed(_LATE)
        except (ProcessLost, OSError):
            _log.warning("map_process_lost", pack=order.pack.id)
            return failed(_BROKEN)


def _to_xml(found: PackMap, body: bytes, given: Given) -> Built:
    form = read_form(body)
    return _nothing(unreadable()) if form is None else to_xml(found.map, form, given)


def _nothing(problem: MapProblem) -> Built:
    return Built(xml=b"", fields={}, problems=(problem,))


async def _one(document: bytes) -> AsyncIterator[bytes]:
    yield document
