"""``amtsweg schema map``: a pack's map from form to XML, tried on one document."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import cast
from uuid import uuid4

import typer

from api.cli.errors import REFUSED
from api.cli.house import CLOCK
from api.cli.moments import parse_day
from api.cli.output import Json, note, plain, say_json
from api.cli.schema_checker import in_one_piece, open_checker
from api.cli.schema_library import places
from api.cli.schema_sources import Source
from schemas.checking.policy import CheckPolicy
from schemas.clock import BERLIN
from schemas.errors import UnknownMap
from schemas.findings import Finding, Severity
from schemas.mapping.applying import PackMap, for_form
from schemas.mapping.building import Given
from schemas.mapping.form_data import FormValue
from schemas.mapping.places import in_form_words
from schemas.mapping.problems import MapProblem
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import Form


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
    side = _back if order.back else _forward
    if not asyncio.run(side(found, source.stream.read(), order)):
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


async def _forward(found: PackMap, body: bytes, order: Order) -> bool:
    async with open_checker() as checker:
        made = await checker.maps.to_xml(found, body, _given(order))
        findings = [problem.as_finding() for problem in made.problems]
        if made.xml:
            sys.stdout.write(made.xml.decode())
            checked = await checker.check(
                in_one_piece(made.xml),
                size=len(made.xml),
                media_type="application/xml",
                policy=CheckPolicy(),
                on=order.at.date(),
            )
            findings += [in_form_words(one, made.fields) for one in checked.findings]
    for one in findings:
        _tell(one)
    for name in made.unused:
        note(plain(f"         {name} is not taken over"))
    return all(one.severity is Severity.WARNING for one in findings)


def _given(order: Order) -> Given:
    return Given(uuid=uuid4(), at=order.at, words=order.words)


def _tell(one: Finding) -> None:
    note(plain(f"{one.severity.value:<8} {one.path}: {one.german} ({one.english})"))


async def _back(found: PackMap, body: bytes, order: Order) -> bool:
    async with open_checker() as checker:
        read = await checker.maps.from_xml(found, body, _given(order))
    if isinstance(read, MapProblem):
        _tell(read.as_finding())
        return False
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
