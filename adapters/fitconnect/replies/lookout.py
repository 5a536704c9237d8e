"""Which replies wait, and how far one of them is; asks, and changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from adapters.base import DeliveryNotes
from adapters.fitconnect.client.failures import NotThere, StrangeAnswer
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.events.patterns import is_uuid
from adapters.fitconnect.outbox.notes import read_notes
from adapters.fitconnect.replies.errors import RoutesUnknown
from adapters.fitconnect.replies.proofs import Logbook
from adapters.fitconnect.replies.routes import Routes
from schemas.clock import Clock
from schemas.ids import DeliveryId
from schemas.replies import ListedReply, ReplyState, SeenReply

PAGE: Final = 100
MOST_PAGES: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookout:
    """Over one client's connection."""

    client: FitConnectClient
    routes: Routes
    notes: DeliveryNotes
    clock: Clock

    async def listed(self) -> tuple[ListedReply, ...]:
        """What waits, in whoever's cases. Raises RoutesUnknown and ApiFailure."""
        found: dict[str, ListedReply] = {}
        offset = 0
        for _ in range(MOST_PAGES):
            answer = await self._page(offset)
            listed = member(answer, self.routes.members.listed)
            if not isinstance(listed, list):
                raise StrangeAnswer("(replies)")
            found |= {one.reply: one for one in map(self._entry, listed)}
            offset += len(listed)
            total = member(answer, "totalCount")
            if not listed or not isinstance(total, int) or offset >= total:
                break
        found.pop("", None)
        return tuple(found.values())

    async def seen(self, delivery: DeliveryId, listed: ListedReply) -> SeenReply:
        """What is proved of it. Raises LogInconsistent and ApiFailure."""
        notes = read_notes(await self.notes.read(delivery))
        for begun in notes.begun.values():
            if begun.case == listed.case:
                return await self.logbook(begun.destination).seen(listed)
        # In another's case: nothing of it could be proved to us.
        return SeenReply(state=ReplyState.UNPROVED)

    def logbook(self, destination: str) -> Logbook:
        """Of the cases of a destination, by FIT-Connect's id."""
        return Logbook(
            client=self.client,
            destination=destination,
            routes=self.routes,
            clock=self.clock,
        )

    async def _page(self, offset: int) -> object:
        query = {"offset": offset, "limit": PAGE}
        try:
            return await self.client.get_json(self.routes.paths.list, query=query)
        except NotThere as error:
            raise RoutesUnknown from error

    def _entry(self, one: object) -> ListedReply:
        members = self.routes.members
        return ListedReply(
            reply=id_in(one, members.reply), case=id_in(one, members.case)
        )


def member(answer: object, name: str) -> object:
    """What an answer has under this name; hostile."""
    return answer.get(name) if isinstance(answer, Mapping) else None


def id_in(answer: object, name: str) -> str:
    """The same where it is an id; "" where not."""
    value = member(answer, name)
    return str(value).lower() if is_uuid(value) else ""
