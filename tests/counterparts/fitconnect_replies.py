"""Both ends of a case in a sandbox that serves replies: ours send, ours answer."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx

from adapters.fitconnect.inbox.settings import parse_source
from adapters.fitconnect.outbox.adapter import FitConnectOutbox
from adapters.fitconnect.outbox.parsing import parse_connection
from adapters.fitconnect.replies.answering import Answerer, Draft
from adapters.fitconnect.replies.routes import shipped_routes
from adapters.fitconnect.replies.tray import ReplyTray, Waiting
from adapters.fitconnect.sandbox import Switches
from adapters.memory import MemoryNotes
from schemas.channels import Announced
from schemas.clock import SystemClock
from schemas.deliveries import Parcel, ParcelDocument
from schemas.fields import Fields
from schemas.outcomes import DeliveryConfirmed
from schemas.services import Setting
from tests.counterparts.fitconnect import Pointed
from tests.counterparts.fitconnect_party import Town, town
from tests.fakes.fitconnect_api import surroundings
from tests.fakes.fitconnect_outbox import connection_to, mapping_to, way_to
from tests.fitconnect_keys import private_text
from tests.parcels import make_attachment, make_document, make_parcel

STANDARD: Final = "urn:xoev-de:bmk:standard:xbau_2.4"
ANSWER: Final = '{"bescheid":"Žofie Müller-Łäẞler"}'.encode()
KEY: Final = "reply"
"""The test key that replies are encrypted for."""


def drafted(*files: bytes) -> Draft:
    """What we answer."""
    return Draft(
        main=answer_document(ANSWER),
        attachments=tuple(
            make_attachment(content, number=number, filename="Bescheid ẞ.pdf")
            for number, content in enumerate(files, start=2)
        ),
    )


def answer_document(content: bytes) -> ParcelDocument:
    return make_document(
        content, media_type="application/json", filename="antwort.json"
    )


Meddle = Callable[[str, dict[str, Any]], None]
"""Changes an answer in JSON, by its path."""


class Meddling(httpx.AsyncBaseTransport):
    """Hands on, and lies about what came back."""

    def __init__(self, meddle: Meddle) -> None:
        self._there = httpx.AsyncHTTPTransport(trust_env=False)
        self._meddle = meddle

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._there.handle_async_request(request)
        body = await answer.aread()
        if answer.headers.get("content-type", "").startswith("application/json"):
            said = json.loads(body)
            self._meddle(request.url.path, said)
            body = json.dumps(said).encode()
        return httpx.Response(answer.status_code, content=body)

    async def aclose(self) -> None:
        await self._there.aclose()


@dataclass(kw_only=True)
class Exchange:
    """A delivery of ours, and whoever answers it."""

    place: Town
    folder: Path
    notes: MemoryNotes
    way: FitConnectOutbox
    parcel: Parcel

    @property
    def sandbox(self) -> Pointed:
        return self.place.sandbox

    async def delivered(self) -> Announced:
        """What its recipient is told of it."""
        outcome = await self.way.deliver(self.parcel)
        assert isinstance(outcome, DeliveryConfirmed), outcome
        listed = (await self.place.subscriber.http.get("/submissions")).json()
        [one] = listed["submissions"]
        return Announced(submission=one["submissionId"], case=one["caseId"])

    def answerer(self, *, replies: bool = True) -> Answerer:
        return answerer_of(self.sandbox, replies=replies)

    async def answered(self, announced: Announced, *files: bytes) -> str:
        """By us; the reply's id."""
        answerer = self.answerer()
        sent = await answerer.send(announced, drafted(*files))
        await answerer.aclose()
        assert sent.is_proved
        return sent.reply

    def tray(
        self, *keys: str, replies: bool = True, meddle: Meddle | None = None
    ) -> ReplyTray:
        named = tuple(reply_key(self.folder, key) for key in keys or (KEY,))
        settings = connection_to(self.sandbox, replies=replies, reply_key=named)
        fields = Fields(settings, "connection")
        connection = parse_connection(fields)
        assert not fields.finish()
        environ = {"FIT_SECRET": self.sandbox.sender.client_secret}
        around = surroundings(SystemClock(), environ)
        return ReplyTray(
            connection,
            replace(around, notes=self.notes),
            routes=shipped_routes(),
            transport=Meddling(meddle) if meddle else None,
        )

    async def waiting(self, tray: ReplyTray) -> Waiting:
        """The only one."""
        [one] = await tray.replies(self.parcel.delivery)
        return one


def answerer_of(sandbox: Pointed, *, replies: bool = True) -> Answerer:
    """Answers what came to the sandbox's destination."""
    fields = Fields(
        {
            "token_url": sandbox.token_url,
            "submission_url": sandbox.base_url,
            "destination": sandbox.destination,
            "client_id": sandbox.subscriber.client_id,
            "client_secret": "env:SECRET",
            "decryption_keys": (f"file:{sandbox.decryption_key}",),
            "signing_key": f"file:{sandbox.signing_key}",
            "replies": replies,
        }
    )
    source = parse_source(fields)
    assert not fields.finish()
    environ = {"SECRET": sandbox.subscriber.client_secret}
    around = surroundings(SystemClock(), environ, sandbox.folder)
    return Answerer(source, around, routes=shipped_routes(), pause=_at_once)


def reply_key(folder: Path, key: str = KEY) -> str:
    """Where the private key lies, as a destination's settings name it."""
    path = folder / f"{key}.jwk.json"
    path.write_text(private_text(key), encoding="ascii")
    return f"file:{path}"


@asynccontextmanager
async def exchange(
    folder: Path, *, keys: Sequence[str] = (KEY,), **mapping: Setting
) -> AsyncIterator[Exchange]:
    """Our delivery, whose metadata offer a reply unless the mapping says else."""
    async with town(folder / "fit", switches=Switches(replies=True)) as place:
        offered: dict[str, Setting] = {
            "reply_channel": "fitconnect",
            "process_standards": (STANDARD,),
            **mapping,
        }
        target = mapping_to(place.sandbox, **offered)
        notes = MemoryNotes()
        way = way_to(
            place.sandbox,
            notes=notes,
            mapping=target,
            replies=True,
            reply_key=tuple(reply_key(folder, key) for key in keys),
        )
        parcel = make_parcel(make_document(), mapping=target)
        try:
            yield Exchange(
                place=place, folder=folder, notes=notes, way=way, parcel=parcel
            )
        finally:
            await way.aclose()


async def _at_once(_: float) -> None: ...
