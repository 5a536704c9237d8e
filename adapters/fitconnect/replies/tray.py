"""Replies to what we delivered: listed, verified, saved, and accepted on demand.

Nothing is ever rejected here: that is a person's matter, and not built.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from adapters.base import Surroundings
from adapters.fitconnect.client.failures import Conflicting, NotThere, StrangeAnswer
from adapters.fitconnect.client.requests import JSON
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.events.log import VerifiedLog
from adapters.fitconnect.events.patterns import is_uuid
from adapters.fitconnect.events.problem_table import shipped_problems
from adapters.fitconnect.inbox.inspecting import (
    Notebook,
    compare_announced,
    compare_described,
)
from adapters.fitconnect.inbox.opened import OpenedSubmission, Parts
from adapters.fitconnect.inbox.settings import Limits
from adapters.fitconnect.inbox.wire import Fetched
from adapters.fitconnect.jose.errors import DecryptionFailed
from adapters.fitconnect.jose.jwe import Keyring, decrypt, tag_of
from adapters.fitconnect.jose.keys import read_private_set
from adapters.fitconnect.metadata.reading import Problems, read_metadata
from adapters.fitconnect.metadata.values import Metadata
from adapters.fitconnect.outbox.notes import read_notes
from adapters.fitconnect.outbox.settings import FitConnectConnection
from adapters.fitconnect.replies.errors import (
    RepliesOff,
    ReplyBroken,
    ReplyStrange,
)
from adapters.fitconnect.replies.lookout import Lookout, id_in, member
from adapters.fitconnect.replies.proofs import ReplyProof, replies_in
from adapters.fitconnect.replies.routes import Routes
from adapters.fitconnect.replies.saving import (
    FolderShelf,
    draft_of,
    is_saved,
    write_beside,
)
from schemas.channels import Faulty
from schemas.ids import DeliveryId, SourceId
from schemas.limits import KIB
from schemas.replies import ReplyState
from schemas.states import Problem

LIMITS: Final = Limits()


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A reply in a case of ours."""

    reply: str
    case: str
    destination: str


class ReplyTray:
    """Replies that come over one destination's connection."""

    def __init__(
        self,
        connection: FitConnectConnection,
        surroundings: Surroundings,
        *,
        routes: Routes,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """``transport`` is for tests."""
        self._connection = connection
        self._routes = routes
        self._surroundings = surroundings
        self._client = FitConnectClient(
            connection.environment,
            connection.credentials,
            surroundings,
            transport=transport,
        )
        self._lookout = Lookout(
            client=self._client,
            routes=routes,
            notes=surroundings.notes,
            clock=surroundings.clock,
        )

    async def replies(self, delivery: DeliveryId) -> tuple[Waiting, ...]:
        """Those to a delivery; answered ones as far as the case's log shows them.

        Raises RepliesOff, RoutesUnknown and ApiFailure.
        """
        if not self._connection.replies:
            raise RepliesOff
        notes = read_notes(await self._surroundings.notes.read(delivery))
        listed = await self._lookout.listed() if notes.begun else ()
        found: list[Waiting] = []
        for begun in notes.begun.values():
            here = {one.reply for one in listed if one.case == begun.case}
            try:
                log = await self._lookout.logbook(begun.destination).of_case(begun.case)
            except NotThere:
                # Announced and never submitted, or two years old.
                log = VerifiedLog(entries=())
            found += [
                Waiting(reply=one, case=begun.case, destination=begun.destination)
                for one in sorted(replies_in(log, self._routes.events) | here)
            ]
        return tuple(found)

    async def proof(self, waiting: Waiting) -> ReplyProof:
        """Raises LogInconsistent and ApiFailure."""
        logbook = self._lookout.logbook(waiting.destination)
        return await logbook.of_reply(waiting.reply, waiting.case)

    async def save(self, waiting: Waiting, proof: ReplyProof, folder: Path) -> bool:
        """False where it lay there already.

        Raises ReplyBroken, ReplyStrange, KeyNotHeld, SecretMissing, NotAFolder,
        StorageBroken and ApiFailure; then nothing is left in the folder.
        """
        if is_saved(folder, waiting.reply):
            return False
        keyring = await asyncio.to_thread(self._keyring)
        fetched = await self._fetched(waiting)
        notebook = Notebook(table=shipped_problems())
        compare_announced(fetched, proof.tags, LIMITS, notebook)
        plain, metadata = await asyncio.to_thread(
            _read, fetched, proof, keyring, notebook
        )
        compare_described(fetched, metadata, notebook)
        _must_be_whole(notebook.problems)
        parts = Parts(
            source=SourceId("replies"),
            fetched=fetched,
            metadata=metadata,
            tags=proof.tags,
            events=(),
            submitted_at=self._surroundings.clock.now(),
            notebook=notebook,
        )
        opened = OpenedSubmission(parts, self._client, keyring, LIMITS)
        with draft_of(folder, waiting.reply) as draft:
            stored = await opened.store(FolderShelf(draft))
            if isinstance(stored.inspection, Faulty):
                _must_be_whole(stored.inspection.problems)
            write_beside(draft, plain, proof.tokens)
        return True

    async def accept(self, waiting: Waiting, proof: ReplyProof) -> bool:
        """False where it was answered before. Raises ApiFailure."""
        if proof.state not in {ReplyState.WAITING, ReplyState.UNPROVED}:
            return False
        path = self._routes.paths.accept.format(parcel=waiting.reply)
        try:
            await self._client.put(path, b"{}", content_type=JSON)
        except Conflicting:
            # Where no event can be verified, this is how it shows.
            return False
        return True

    async def aclose(self) -> None:
        """Give connections back."""
        await self._client.aclose()

    def _keyring(self) -> Keyring:
        read = self._surroundings.secrets.read
        algorithms = self._connection.environment.algorithms
        keys = [
            key
            for text in map(read, self._connection.reply_key)
            for key in read_private_set(text, algorithms=algorithms)
        ]
        return Keyring(keys, algorithms=algorithms)

    async def _fetched(self, waiting: Waiting) -> Fetched:
        """Sealed as it lies there. Raises ReplyStrange and ApiFailure."""
        routes = self._routes
        answer = await self._client.get_json(
            routes.paths.read.format(parcel=waiting.reply),
            limit=(LIMITS.data + LIMITS.metadata) * 2 + 256 * KIB,
        )
        members = routes.members
        ids = id_in(answer, members.reply), id_in(answer, members.case)
        attached = member(answer, routes.members.attachments) or []
        if ids != (waiting.reply, waiting.case):
            raise ReplyStrange
        if not isinstance(attached, list) or not all(map(is_uuid, attached)):
            raise StrangeAnswer("(attachments)")
        return Fetched(
            submission=waiting.reply,
            case=waiting.case,
            service="",
            attachments=tuple(str(one).lower() for one in attached),
            metadata=str(member(answer, "encryptedMetadata") or ""),
            data=str(member(answer, "encryptedData") or ""),
            attachment_path=routes.paths.attachment,
        )


@asynccontextmanager
async def tray_of(
    connection: FitConnectConnection, surroundings: Surroundings, routes: Routes
) -> AsyncGenerator[ReplyTray, None]:
    """One, and its connections given back."""
    tray = ReplyTray(connection, surroundings, routes=routes)
    try:
        yield tray
    finally:
        await tray.aclose()


def _read(
    fetched: Fetched, proof: ReplyProof, keyring: Keyring, notebook: Notebook
) -> tuple[bytes, Metadata]:
    """The metadata as bytes and read. Raises ReplyBroken and KeyNotHeld."""
    try:
        if proof.tags is not None and tag_of(fetched.metadata) != proof.tags.metadata:
            notebook.blame("fit-metadata-tag")
        plain = decrypt(keyring, fetched.metadata, limit=LIMITS.metadata)
    except DecryptionFailed:
        notebook.blame("fit-metadata-encryption")
        _must_be_whole(notebook.problems)
        raise
    metadata = read_metadata(plain)
    if isinstance(metadata, Problems):
        notebook.note(metadata.found)
        _must_be_whole(notebook.problems)
        raise ReplyBroken
    return plain, metadata


def _must_be_whole(problems: Sequence[Problem]) -> None:
    if problems:
        raise ReplyBroken(", ".join(dict.fromkeys(one.code for one in problems)))
