"""Where a case waits for a worker, and who is served next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from schemas.cases import Lane
from schemas.ids import CaseId, DestinationId, TenantId
from schemas.services import Order, Service

_SOURCE: Final = "s:"
_DESTINATION: Final = "d:"
SHARE: Final = 4
"""A destination takes at most this fraction (a quarter) of a worker's slots."""


def source_queue(tenant: TenantId, source: str) -> str:
    """Queue of cases that need no destination yet."""
    return f"{_SOURCE}{tenant}/{source}"


def destination_queue(tenant: TenantId, destination: str) -> str:
    """Queue of cases whose next step needs this destination."""
    return f"{_DESTINATION}{tenant}/{destination}"


def queue_destination(queue: str) -> tuple[TenantId, DestinationId] | None:
    """The destination a queue waits for; None for a source."""
    if not queue.startswith(_DESTINATION):
        return None
    tenant, _, destination = queue.removeprefix(_DESTINATION).partition("/")
    return TenantId(tenant), DestinationId(destination)


def line_of(service: Service) -> str:
    """The strict line that every case of a service stands in; "" = none.

    A key of the sender's own (a FIT-Connect caseId, say) begins otherwise.
    """
    return f"service:{service.key}" if service.order is Order.STRICT else ""


def share_of(slots: int) -> int:
    """Most slots of a worker that one destination may hold."""
    return max(1, slots // SHARE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A due case at the head of its queue."""

    case: CaseId
    queue: str
    lane: Lane
    receipt: int
    takeovers: int


def choose(
    candidates: Iterable[Candidate],
    *,
    free: int,
    quotas: Mapping[str, int],
    suspects: int,
    served: str = "",
) -> tuple[Candidate, ...]:
    """Fresh before bulk, one of each queue in turn, oldest first within a queue.

    ``quotas`` bounds destination queues; ``suspects`` is how many cases taken
    over from a dead worker may still be chosen (they run alone); ``served`` is the
    queue whose turn was last, so that with few slots free all have theirs.
    """
    chosen: list[Candidate] = []
    taken: dict[str, int] = {}
    for lane in Lane:
        queues: dict[str, list[Candidate]] = {}
        for candidate in sorted(candidates, key=lambda c: c.receipt):
            if candidate.lane is lane:
                queues.setdefault(candidate.queue, []).append(candidate)
        turns = sorted(queues, key=lambda name: (name <= served, name))
        waiting = [queues[name][::-1] for name in turns]
        while waiting and len(chosen) < free:
            for line in waiting:
                head = line.pop()
                if len(chosen) >= free:
                    break
                if taken.get(head.queue, 0) >= quotas.get(head.queue, free):
                    line.clear()
                elif head.takeovers and suspects == 0:
                    continue
                else:
                    suspects -= bool(head.takeovers)
                    taken[head.queue] = taken.get(head.queue, 0) + 1
                    chosen.append(head)
            waiting = [line for line in waiting if line]
    return tuple(chosen)
