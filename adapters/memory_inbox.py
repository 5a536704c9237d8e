"""A mailbox in memory: the fake for tests, and a source for trying out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapters.base import DocumentShelf, Finding
from schemas.channels import (
    Announced,
    Answered,
    AnswerRefused,
    AnswerTaken,
    ChannelEvent,
    ChannelSubmission,
    Gone,
    Inspection,
    Intact,
    TechnicalAnswer,
)
from schemas.checking.claims import Claim, NoClaim
from schemas.documents import Role
from schemas.errors import CounterpartAway
from schemas.ids import SourceId


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A submission that waits in a mailbox; main document first."""

    announced: Announced
    service: str
    submitted_at: datetime
    documents: tuple[tuple[Role, str, str, bytes], ...]
    """Role, media type, file name, content."""
    claim: Claim = field(default_factory=NoClaim)
    proof: str = "{}"
    inspection: Inspection = field(default_factory=Intact)


class MemoryInbox:
    """Fills Inbox. Letters lie there until they are answered.

    ``away`` makes every call fail, ``takes_nothing`` every answer, ``refuses`` says
    no to each; ``forgets`` keeps what was answered on the list.
    """

    def __init__(self, source: SourceId, letters: Iterable[Letter] = ()) -> None:
        self._source = source
        self.letters = {letter.announced.submission: letter for letter in letters}
        self.answers: list[TechnicalAnswer] = []
        """Every answer that came in, repeated ones too."""
        self.taken: dict[str, ChannelEvent] = {}
        """The event of each answer by submission: one, whatever is repeated."""
        self.away = self.takes_nothing = self.forgets = False
        self.refuses = ""
        self.expires: set[str] = set()
        """Codes for what it warns of."""

    def put(self, letter: Letter) -> None:
        """One more arrives, or the same again."""
        self.letters[letter.announced.submission] = letter

    async def listing(self) -> tuple[Announced, ...]:
        self._must_be_there()
        return tuple(letter.announced for letter in self.letters.values())

    async def open(self, announced: Announced) -> "OpenedLetter | Gone":
        self._must_be_there()
        letter = self.letters.get(announced.submission)
        return Gone() if letter is None else OpenedLetter(letter, self._source)

    async def sign(self, answer: TechnicalAnswer) -> bytes:
        word = "accept" if answer.accepted else "reject"
        return f"{word} {answer.submission}".encode()

    async def answer(self, answer: TechnicalAnswer, token: bytes) -> Answered:
        self._must_be_there()
        if self.takes_nothing:
            raise CounterpartAway
        self.answers.append(answer)
        if self.refuses:
            return AnswerRefused(code=self.refuses)
        kind = "accept-submission" if answer.accepted else "reject-submission"
        event = ChannelEvent(
            id=f"answer-{answer.submission}",
            kind=kind,
            author="subscriber",
            at=datetime.now(UTC),
            token=token,
        )
        event = self.taken.setdefault(answer.submission, event)
        if not self.forgets:
            self.letters.pop(answer.submission, None)
        return AnswerTaken(events=(event,))

    async def expiring(self) -> frozenset[str]:
        return frozenset(self.expires)

    async def check(self) -> tuple[Finding, ...]:
        return (Finding(subject="memory", ok=True),)

    async def aclose(self) -> None:
        """There is nothing to give back."""

    def _must_be_there(self) -> None:
        if self.away:
            raise CounterpartAway


class OpenedLetter:
    """Fills Opened."""

    def __init__(self, letter: Letter, source: SourceId) -> None:
        self._letter, self._source = letter, source
        self.service, self.submitted_at = letter.service, letter.submitted_at

    async def store(self, shelf: DocumentShelf) -> ChannelSubmission:
        letter = self._letter
        for role, media_type, filename, content in letter.documents:
            await shelf.write(content)
            await shelf.keep(role=role, media_type=media_type, filename=filename)
        event = ChannelEvent(
            id=f"submit-{letter.announced.submission}",
            kind="submit-submission",
            author="service",
            at=letter.submitted_at,
            token=letter.proof.encode(),
        )
        return ChannelSubmission(
            source=self._source,
            channel="memory",
            submission=letter.announced.submission,
            case=letter.announced.case,
            submitted_at=letter.submitted_at,
            claim=letter.claim,
            proof=letter.proof,
            inspection=letter.inspection,
            events=(event,),
        )
