"""``amtsweg schema map``: a pack's map from form to XML, tried on one document."""

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, cast
from uuid import uuid4

import typer

from api.cli.errors import REFUSED
from api.cli.house import CLOCK
from api.cli.output import Json, note, say_json
from api.cli.schema_library import places
from api.cli.schema_sources import Source
from schemas.checking.claims import FormOf
from schemas.clock import BERLIN, local_day
from schemas.errors import UnknownMap
from schemas.findings import Severity
from schemas.mapping.applying import PackMap, for_form, from_xml, to_xml
from schemas.mapping.building import Given
from schemas.mapping.form_data import FormValue, read_form
from schemas.mapping.form_map import FormMap, StylesheetMap
from schemas.mapping.problems import unreadable
from schemas.packs.library import PackLibrary

_SECONDS: Final = 60
"""For a stylesheet, which may run for ever."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What was asked for."""

    form: FormOf
    pack: str
    words: Mapping[str, str]
    back: bool


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
    """The one that is asked for, else the newest that is valid today."""
    if order.pack:
        found = [one for one in found if order.pack in {one.entry.key, one.pack.id}]
    if not found:
        raise UnknownMap
    today = local_day(CLOCK.now())
    return max(found, key=lambda one: (_is_valid(one, today), _start(one)))


def _is_valid(one: PackMap, day: date) -> bool:
    end = one.entry.manifest.valid_to
    return _start(one) <= day and (end is None or day <= end)


def _start(one: PackMap) -> date:
    return one.entry.manifest.valid_from or date.min


def _forward(found: PackMap, body: bytes, order: Order) -> bool:
    form = read_form(body)
    if form is None:
        note(unreadable().german)
        return False
    now = CLOCK.now().astimezone(BERLIN)
    made = to_xml(found.map, form, Given(uuid=uuid4(), at=now, words=order.words))
    for problem in made.problems:
        note(f"{problem.severity.value}  {problem.field}  {problem.german}")
    for name in made.unused:
        note(f"not taken over  {name}")
    sys.stdout.write(made.xml.decode())
    errors = [one for one in made.problems if one.severity is not Severity.WARNING]
    return not errors


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
