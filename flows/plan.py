"""The steps a case still has before it, from the snapshot it was received under."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from schemas.checking.policy import CheckPolicy
from schemas.configuration.snapshot import SnapshotContent, address, decode
from schemas.errors import SnapshotUnreadable
from schemas.ids import DestinationId, SnapshotHash, StepName, TenantId
from schemas.services import Setting
from storage.papers import PaperStore

_DELIVER = "deliver"
_REMEMBERED = 256


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What applied to a case when it was received."""

    steps: tuple[StepName, ...]
    destinations: tuple[DestinationId, ...]
    mappings: Mapping[DestinationId, Mapping[str, Setting]]
    retention_class: str
    check: CheckPolicy = field(default_factory=CheckPolicy)

    def remaining(self, done: tuple[StepName, ...]) -> tuple[StepName, ...]:
        """Steps without a result, in order."""
        return tuple(step for step in self.steps if step not in done)

    def is_last(self, step: StepName) -> bool:
        """Whether the case ends with this step."""
        return step == self.steps[-1]

    def is_last_delivery(self, destination: DestinationId) -> bool:
        """Whether every destination has confirmed once this one has."""
        return destination == self.destinations[-1]


NO_PLAN: Final = Plan(steps=(), destinations=(), mappings={}, retention_class="")
"""Of a case whose configuration has not been read yet."""


def plan_of(content: SnapshotContent) -> Plan:
    """``deliver`` stands for one step per destination, so that each is done once."""
    mappings = {one.id: one.mapping for one in content.destinations}
    steps: list[StepName] = []
    for step in content.process:
        if step == _DELIVER:
            steps.extend(StepName(f"{step}:{one}") for one in mappings)
        else:
            steps.append(step)
    return Plan(
        steps=tuple(steps),
        destinations=tuple(mappings),
        mappings=mappings,
        retention_class=content.retention_class,
        check=content.check,
    )


class Plans:
    """Plans by snapshot, decoded once per process."""

    def __init__(self, papers: PaperStore) -> None:
        self._papers = papers
        self._known: dict[tuple[TenantId, SnapshotHash], Plan] = {}

    async def of(self, tenant: TenantId, snapshot: SnapshotHash) -> Plan:
        """The plan of one snapshot."""
        known = self._known.get((tenant, snapshot))
        if known is not None:
            return known
        body = await self._papers.snapshot(tenant, snapshot)
        if address(body) != snapshot:
            raise SnapshotUnreadable
        plan = plan_of(decode(body))
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[tenant, snapshot] = plan
        return plan
