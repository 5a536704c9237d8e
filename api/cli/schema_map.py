"""``amtsweg schema map``: a pack's map from form to XML, tried on one document."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, cast
from uuid import uuid4

import typer

from api.cli.errors import REFUSED
from api.cli.house import CLOCK
from api.cli.moments import parse_day
from api.cli.output import Json, note, plain, say_json
from api.cli.schema_checker import open_checker
from api.cli.schema_library import places
from api.cli.schema_sources import Source
from schemas.checking.policy import CheckPolicy
from schemas.clock import BERLIN
from schemas.errors import UnknownMap
from schemas.findings import CheckResult, Finding, Severity
from schemas.mapping.applying import PackMap, for_form, from_xml, to_xml
from schemas.mapping.building import Given
from schemas.mapping.form_data import FormValue, read_form
from schemas.mapping.form_map import FormMap, StylesheetMap
from schemas.mapping.places import in_form_words
from schemas.mapping.problems import unreadable
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import Form

_SECONDS: Final = 60
"""For a stylesheet, which may run for ever."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What was asked for."""

    form: Form
    pack: str
    words: Mapping[str, str]
    at: datetime
    """When the form was handed in."""
    back: bool


def moment_of(day: str) -> datetime:
    """Now, or at this time of the day on another one. Raises BadParameter."""
    now = CLOCK.now().astimezone(BERLIN)
    if not day:
        return now
    return datetime.combine(parse_day(day, hint="--on"), now.time(), BERLIN)


def words_of(given: Sequence[str]) -> dict[str, str]:
    """From ``name=text``. Raises BadParameter."""
    words = {}
    for one in given:
        name, sign, text = one.partition("=")
        if not (name and sign):
            raise typer.BadParameter("Write NAME=TEXT.", param_hint="--give")
        words[name] = text
    return words


def map_document(source: Source, order: Order) -> None:
    """Print the other side of it. Raises UnknownMap, and Exit where it cannot be."""
    library = PackLibrary(places())
    found = _chosen(for_form(library, order.form.profile, order.form.id), order)
    note(f"By {found.file} of {found.entry.key}")
    body = source.stream.read()
    with _ended_in_time(found.map):
        done = _back(found, body) if order.back else _forward(found, body, order)
    if not done:
        raise typer.Exit(REFUSED)


def _chosen(found: Sequence[PackMap], order: Order) -> PackMap:
    """The one that is asked for, else the newest that is valid on that day."""
    if order.pack:
        found = [one for one in found if order.pack in {one.entry.key, one.pack.id}]
    if not found:
        raise UnknownMap
    day = order.at.date()
    return max(found, key=lambda one: (_is_valid(one, day), _start(one)))


def _is_valid(one: PackMap, day: date) -> bool:
    end = one.entry.manifest.valid_to
    return _start(one) <= day and (end is None or day <= end)


def _start(one: PackMap) -> date:
    return one.entry.manifest.valid_from or date.min


def _forward(found: PackMap, body: bytes, order: Order) -> bool:
    form = read_form(body)
    if form is None:
        _tell(unreadable().as_finding())
        return False
    given = Given(uuid=uuid4(), at=order.at, words=order.words)
    made = to_xml(found.map, form, given)
    findings = [problem.as_finding() for problem in made.problems]
    if made.xml:
        sys.stdout.write(made.xml.decode())
        checked = asyncio.run(_checked(made.xml, order.at.date()))
        findings += [in_form_words(one, made.fields) for one in checked.findings]
    for one in findings:
        _tell(one)
    for name in made.unused:
        note(plain(f"         {name} is not taken over"))
    return all(one.severity is Severity.WARNING for one in findings)


async def _checked(document: bytes, on: date) -> CheckResult:
    async def chunks() -> AsyncIterator[bytes]:
        yield document

    async with open_checker() as checker:
        return await checker.check(
            chunks(),
            size=len(document),
            media_type="application/xml",
            policy=CheckPolicy(),
            on=on,
        )


def _tell(one: Finding) -> None:
    note(plain(f"{one.severity.value:<8} {one.path}: {one.german} ({one.english})"))


def _back(found: PackMap, body: bytes) -> bool:
    read = from_xml(found.map, body)
    if read.is_other:
        note("This is not a document that the map makes.")
        return False
    for path in read.left_out:
        note(f"not taken over  {path}")
    for name in read.lost:
        note(f"cannot be given back  {name}")
    say_json(_json(read.form))
    return True


def _json(value: FormValue) -> Json:
    match value:
        case Decimal():
            return float(value)
        case Mapping():
            return {key: _json(one) for key, one in value.items()}
        case list() | tuple():
            return [_json(one) for one in value]
        case _:
            return cast("Json", value)


@contextmanager
def _ended_in_time(found: FormMap) -> Iterator[None]:
    """A stylesheet listens to nothing, so the process itself is ended."""
    if not isinstance(found, StylesheetMap):
        yield
        return
    asked = signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.alarm(_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGINT, asked)
