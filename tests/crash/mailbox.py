"""A mailbox that outlives the engine: letters and answers are files."""

import hashlib
import json
from datetime import datetime
from pathlib import Path

from adapters.base import DocumentShelf, Finding
from adapters.memory_inbox import Letter, OpenedLetter
from schemas.channels import (
    Announced,
    Answered,
    AnswerTaken,
    ChannelEvent,
    ChannelSubmission,
    Faulty,
    Gone,
    Intact,
    TechnicalAnswer,
)
from schemas.documents import Role
from schemas.ids import SourceId
from schemas.states import Problem
from tests.clocks import TestClock
from tests.house import WOHNGELD

POST = SourceId("post")
PROBLEM = Problem(code="hash-mismatch", location="", german="Falsch.", english="Wrong.")


class FileMailbox:
    """Fills Inbox. Whoever answers twice is found out."""

    def __init__(self, folder: Path) -> None:
        self._letters, self._answers = folder / "letters", folder / "answers"
        for place in (self._letters, self._answers):
            place.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, *, faulty: bool = False) -> None:
        (self._letters / name).write_text(json.dumps({"faulty": faulty}))

    def lying(self) -> list[str]:
        """What has no answer."""
        return sorted(path.name for path in self._letters.iterdir())

    def answers(self) -> dict[str, list[str]]:
        """Every answer that was believed, by submission."""
        found = sorted(self._answers.iterdir())
        return {path.name: path.read_text().split("\n")[:-1] for path in found}

    async def listing(self) -> tuple[Announced, ...]:
        return tuple(Announced(submission=one, case="vorgang") for one in self.lying())

    async def open(self, announced: Announced) -> "OpenedFile | Gone":
        path = self._letters / announced.submission
        if not path.exists():
            return Gone()
        is_faulty = json.loads(path.read_text())["faulty"]
        return OpenedFile(_letter(announced, faulty=is_faulty))

    async def sign(self, answer: TechnicalAnswer) -> bytes:
        word = "accept" if answer.accepted else "reject"
        return f"{word} {answer.submission}".encode()

    async def answer(self, answer: TechnicalAnswer, token: bytes) -> Answered:
        path = self._answers / answer.submission
        if not (answer.is_repeated and path.exists()):
            with path.open("a") as file:
                file.write(f"{token.decode()}\n")
        (self._letters / answer.submission).unlink(missing_ok=True)
        event = ChannelEvent(
            id=hashlib.sha256(token).hexdigest(),
            kind=f"{token.decode().partition(' ')[0]}-submission",
            author="subscriber",
            at=TestClock().now(),
            token=token,
        )
        return AnswerTaken(events=(event,))

    async def expiring(self) -> frozenset[str]:
        return frozenset()

    async def check(self) -> tuple[Finding, ...]:
        return ()

    async def aclose(self) -> None:
        return


class OpenedFile:
    """Fills Opened."""

    def __init__(self, letter: Letter) -> None:
        self._opened = OpenedLetter(letter, POST)

    @property
    def service(self) -> str:
        return self._opened.service

    @property
    def submitted_at(self) -> datetime:
        return self._opened.submitted_at

    async def store(self, shelf: DocumentShelf) -> ChannelSubmission:
        return await self._opened.store(shelf)


def _letter(announced: Announced, *, faulty: bool) -> Letter:
    return Letter(
        announced=announced,
        service=f"urn:de:fim:leika:leistung:{WOHNGELD}",
        submitted_at=TestClock().now(),
        documents=(
            (Role.MAIN, "application/xml", "antrag.xml", b"<antrag/>"),
            (Role.ATTACHMENT, "application/pdf", "beleg.pdf", b"%PDF" * 50_000),
        ),
        proof=json.dumps({"data": announced.submission}),
        inspection=Faulty(problems=(PROBLEM,)) if faulty else Intact(),
    )
