"""What ``amtsweg fitconnect reply`` does and prints; the channel is unconfirmed."""

import asyncio
import hashlib
import mimetypes
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer

from adapters.fitconnect.replies.answering import Draft, SentReply, answering
from adapters.fitconnect.replies.errors import RepliesOff
from adapters.fitconnect.replies.routes import Routes
from adapters.fitconnect.tables import routes_of
from api.cli.fitconnect_sources import known_sources, settings_of
from api.cli.house import House
from api.cli.output import note, say_fields, say_json
from api.doctor.outside import surroundings_of
from schemas.cases import Case
from schemas.channels import Announced, ChannelSubmission
from schemas.deliveries import ParcelDocument
from schemas.documents import Role
from schemas.errors import StateForbids, UnknownCase
from schemas.ids import CaseNumber
from schemas.limits import KIB
from schemas.replies import ListedReply
from storage.cases import SqlCases
from storage.channels import ChannelStore
from storage.replies import ReplyStore

UNCONFIRMED: Final = (
    "UNCONFIRMED: routes, bodies and signatures of replies are remembered, not read "
    "where they are decided; see docs/fit-connect.md."
)
_CHUNK: Final = 256 * KIB
_DATA: Final = {".json": "application/json", ".xml": "application/xml"}
_OCTETS: Final = "application/octet-stream"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What to say to whom."""

    number: str
    file: Path
    attach: Sequence[Path]
    schema: str
    again: bool


async def send_reply(house: House, wanted: Wanted, *, as_json: bool) -> None:
    """Raises UnknownCase, StateForbids, UnknownSource and what sending raises."""
    case, submission = await _submission(house, wanted.number)
    sources = await asyncio.to_thread(
        lambda: known_sources(house.configuration(), str(submission.source))
    )
    source = settings_of(sources[str(submission.source)])
    if not source.replies:
        raise RepliesOff(f"source {submission.source}")
    draft = await asyncio.to_thread(_draft, wanted)
    routes = await asyncio.to_thread(routes_of, house.settings.config_folder)
    say_unconfirmed(routes)
    asked = Announced(submission=submission.submission, case=submission.case)
    async with answering(source, surroundings_of(house.settings), routes) as answerer:
        sent = await answerer.send(asked, draft, again=wanted.again)
    listed = ListedReply(reply=sent.reply, case=sent.case)
    await ReplyStore(house.database).sent(case, submission.source, listed, sent.seen)
    _tell(wanted.number, sent, routes, as_json=as_json)


def say_unconfirmed(routes: Routes) -> None:
    """Unless somebody has compared them, and has said so."""
    if not routes.is_confirmed:
        note(UNCONFIRMED)


async def _submission(house: House, number: str) -> tuple[Case, ChannelSubmission]:
    case = await SqlCases(house.database).by_number(house.scope, CaseNumber(number))
    try:
        return case, await ChannelStore(house.database).of_case(case.id)
    except UnknownCase as error:
        raise StateForbids("It did not come over FIT-Connect.") from error


def _draft(wanted: Wanted) -> Draft:
    main = _DATA.get(wanted.file.suffix.lower())
    if main is None:
        raise typer.BadParameter(
            "The data of a reply are JSON or XML; other files go with --attach.",
            param_hint="FILE",
        )
    attached = [
        _document(path, Role.ATTACHMENT, _type_of(path), number)
        for number, path in enumerate(wanted.attach, start=2)
    ]
    return Draft(
        main=_document(wanted.file, Role.MAIN, main, 1),
        attachments=tuple(attached),
        schema=wanted.schema,
    )


def _type_of(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or _OCTETS


def _document(path: Path, role: Role, media_type: str, number: int) -> ParcelDocument:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ParcelDocument(
        name=f"{number:04}",
        role=role,
        media_type=media_type,
        filename=path.name,
        size=path.stat().st_size,
        sha256=digest,
        open=_opener(path),
    )


def _opener(path: Path) -> Callable[[], AsyncIterator[bytes]]:
    async def chunks() -> AsyncIterator[bytes]:
        with await asyncio.to_thread(path.open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk

    return chunks


def _tell(number: str, sent: SentReply, routes: Routes, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "number": number,
                "reply": sent.reply,
                "case": sent.case,
                "proved": sent.is_proved,
                "confirmed": routes.is_confirmed,
            }
        )
        return
    proved = "yes: an event shows its tags" if sent.is_proved else "no event shows it"
    say_fields(
        (
            ("Case", number),
            ("Reply-ID", sent.reply),
            ("Case-ID", sent.case),
            ("Proved", proved),
        )
    )
