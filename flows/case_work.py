"""One case from where it stands to where it must wait, rest or end."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from flows.plan import Plan
from flows.ports import Ports
from schemas.channels import SOURCE_SENDER, ChannelSubmission
from schemas.deliveries import ParcelDocument
from schemas.documents import Document
from schemas.events import CaseQuarantined, CaseRefused, DecisionAsked, Event
from schemas.ids import DestinationId, SourceId, StepName
from schemas.rules.naming import document_name
from schemas.rules.queues import destination_queue, source_queue
from schemas.rules.transitions import follow
from schemas.states import (
    CaseState,
    Checked,
    InReview,
    Quarantined,
    Received,
    Refused,
    Waiting,
)
from schemas.steps import AskPerson, Away, Done, Isolate, Refuse, StepResult, WaitUntil
from schemas.work import (
    AttemptEnd,
    AttemptOpening,
    DueIn,
    Keep,
    LeasedCase,
    OrderedAnswer,
    Papers,
    Progress,
    Rest,
    StepDone,
    Then,
)
from storage.base import CaseKey

T = TypeVar("T")


@dataclass(kw_only=True)
class CaseWork:
    """A leased case with the results that are not committed yet.

    Steps without an effect outside are gathered and committed together with
    whatever comes next: the attempt about to be made, or the end.
    """

    leased: LeasedCase
    plan: Plan
    ports: Ports
    code: str = ""
    """Why the case left other than by success."""
    waits_for: str = ""
    finished: list[StepName] = field(default_factory=list)
    _events: list[Event] = field(default_factory=list)
    _steps: list[StepDone] = field(default_factory=list)
    _state: CaseState | None = None
    _answer: OrderedAnswer | None = None
    _papers: Papers | None = None
    _key: CaseKey | None = None

    @property
    def state(self) -> CaseState:
        """Where the case stands, gathered results included."""
        return self.leased.case.state if self._state is None else self._state

    async def papers(self) -> Papers:
        """The documents, read once."""
        if self._papers is None:
            self._papers = await self.ports.papers.papers(self.leased)
        return self._papers

    @property
    def source(self) -> SourceId | None:
        """Which source it was fetched from; None where it was handed in."""
        sender = self.leased.case.sender
        if not sender.startswith(SOURCE_SENDER):
            return None
        return SourceId(sender.removeprefix(SOURCE_SENDER))

    async def channel(self) -> ChannelSubmission | None:
        """How it came over a channel; asked for only where it did."""
        if self.source is None:
            return None
        return await self.ports.channels.of_case(self.leased.case.id)

    async def key(self) -> CaseKey:
        """The data key, opened once."""
        if self._key is None:
            case = self.leased.case
            self._key = self.ports.vault.open_key(
                tenant=case.tenant,
                office=case.office,
                case=case.id,
                wrapped=(await self.papers()).key,
            )
        return self._key

    async def read(self, document: Document) -> AsyncIterator[bytes]:
        """A document's plain bytes."""
        async for chunk in self.ports.vault.read(await self.key(), document.stored):
            yield chunk

    async def parcel_documents(self) -> tuple[ParcelDocument, ...]:
        """The documents as an adapter may see them."""
        key = await self.key()
        return tuple(
            ParcelDocument(
                name=document_name(document),
                role=document.role,
                media_type=document.media_type,
                filename=self.ports.vault.unseal(
                    key, document.sealed_name, label=document.stored.id
                ),
                size=document.stored.size,
                sha256=document.stored.sha256,
                open=lambda document=document: self.read(document),  # type: ignore[misc]
            )
            for document in (await self.papers()).documents
        )

    def gather(self, step: StepName, done: Done) -> None:
        """Keep a result until the next commit."""
        self._state = follow(self.state, done.state)
        self._events.extend((*done.found, done.event))
        self._steps.append(StepDone(step=step, result=done.result))
        self._answer = done.answer or self._answer
        self.finished.append(step)

    async def flush(self, then: Then | None = None) -> None:
        """Commit what was gathered; nothing to write, nothing written."""
        if self._steps or self._events or not isinstance(then, Keep | None):
            progress = self._take(then or Keep())
            committing = self.ports.ledger.commit(self.leased, progress)
            self.leased = await self._told(progress, committing)

    async def open_attempt(self, opening: AttemptOpening) -> bool:
        """Commit the attempt (and what was gathered); False: no room there now."""
        progress = self._take(Keep())
        opened = await self._told(
            progress, self.ports.ledger.open_attempt(self.leased, progress, opening)
        )
        if opened is None:
            self.waits_for = opening.destination
            return False
        self.leased = opened
        return True

    async def wait_for(self, destination: DestinationId) -> None:
        """Commit what was gathered; the case waits in the destination's queue."""
        self.waits_for = destination
        queue = destination_queue(self.leased.case.tenant, destination)
        progress = self._take(Keep())
        await self._told(progress, self.ports.ledger.wait(self.leased, progress, queue))

    async def resolve_attempt(
        self, opening: AttemptOpening, *, outcome: str, code: str
    ) -> None:
        """Commit what is known now of an earlier attempt."""
        await self.flush()
        self.leased = await self.ports.ledger.resolve_attempt(
            self.leased, opening, outcome=outcome, code=code
        )

    async def end_attempt(self, end: AttemptEnd, delivered: Progress) -> bool:
        """Commit how the attempt ended; False: the case is not ours any more."""
        ended = await self.ports.ledger.end_attempt(self.leased, end, delivered)
        if ended is None:
            self.waits_for = end.destination
            self.code = getattr(end.outcome, "code", "")
            return False
        self.leased = ended
        self._state = None
        self.finished.extend(done.step for done in delivered.steps)
        return True

    def drop(self) -> None:
        """Forget what was gathered: it will be found out again."""
        self._events.clear()
        self._steps.clear()
        self._state = self._answer = None

    async def put_off(self, away: Away) -> None:
        """The counterpart of a step is away: wait in its queue."""
        self.code, self.waits_for = away.code, away.counterpart
        progress = self._take(Keep())
        self.leased = await self._told(
            progress, self.ports.ledger.put_off(self.leased, progress, away)
        )

    async def rest(self, state: CaseState, event: Event, then: Then) -> None:
        """Leave the case in this state."""
        before = self.state
        self._state = follow(before, state)
        self._events.append(event)
        progress = replace(self._take(then), came_from=before)
        self.leased = await self._told(
            progress, self.ports.ledger.commit(self.leased, progress)
        )

    async def isolate(
        self, step: StepName, code: str, *, found: tuple[Event, ...] = ()
    ) -> None:
        """Quarantine, and raise an alarm."""
        self.code = code
        before = self.state
        unacknowledged = isinstance(before, Received | Checked)
        self._state = Quarantined(
            code=code,
            step=step,
            since=self.ports.clock.now(),
            acknowledged=not unacknowledged,
        )
        self._events.extend((*found, CaseQuarantined(step=step, code=code)))
        trouble = replace(
            self._take(Rest()),
            came_from=before,
            disturbances=((f"step:{step}", code),),
        )
        self.leased = await self._told(
            trouble, self.ports.ledger.commit(self.leased, trouble)
        )

    def refuse(self, step: StepName, refuse: Refuse) -> None:
        """The sender must correct; telling them is the next step."""
        codes = tuple(dict.fromkeys(problem.code for problem in refuse.problems))
        self.code = codes[0]
        self._state = follow(self.state, Refused(problems=refuse.problems))
        self._events.extend((*refuse.found, CaseRefused(step=step, codes=codes)))
        self._steps.append(StepDone(step=step))
        self.finished.append(step)

    def _take(self, then: Then) -> Progress:
        progress = Progress(
            state=self.state,
            events=tuple(self._events),
            steps=tuple(self._steps),
            then=then,
            answer=self._answer,
        )
        self.drop()
        return progress

    async def _told(self, progress: Progress, committing: Awaitable[T]) -> T:
        """Commit; then an answer that was ordered with it need not wait its turn."""
        committed = await committing
        if progress.answer is not None and self.source is not None:
            self.ports.answered(self.source)
        return committed


async def leave(work: CaseWork, step: StepName, result: StepResult) -> None:
    """Commit a result after which the case is not worked on further."""
    now = work.ports.clock.now()
    match result:
        case Isolate(code=code, found=found):
            await work.isolate(step, code, found=found)
        case Away():
            await work.put_off(result)
        case AskPerson(question=question):
            state = InReview(question=question, step=step, since=now)
            await work.rest(state, DecisionAsked(step=step, question=question), Rest())
        case WaitUntil(reason=reason, until=until):
            case = work.leased.case
            queue = source_queue(case.tenant, case.sender)
            waiting = Waiting(reason=reason, step=step, until=until)
            asked = DecisionAsked(step=step, question=reason)
            await work.rest(waiting, asked, DueIn(queue=queue, at=until))
        case _:
            raise AssertionError(result)
