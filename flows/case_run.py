"""Working on one leased case: step after step, as far as it goes."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from flows.batch import CaseOutcome, TaskBridge
from flows.case_work import CaseWork, leave
from flows.plan import NO_PLAN, Plans
from flows.ports import Ports
from flows.steps import STEPS, Step, step_for
from schemas.errors import DatabaseAway, EngineError, LeaseLost, Poisoned
from schemas.ids import StepName
from schemas.limits import MAX_TAKEOVERS
from schemas.rules.classification import BUG, classify
from schemas.steps import Committed, Done, Refuse, Released, StepResult
from schemas.work import LeasedCase, Rest
from storage.worklist import Worklist

_log = structlog.get_logger(__name__)
_UNKNOWN_STEP: Final = "E-STEP-UNKNOWN"
_HOUSE: Final = ".house"
"""Whom a step waits for that has no counterpart: what we keep things in."""
_RETRY_SECONDS: Final = 1.0
_LATER: Final = timedelta(minutes=1)
_BETWEEN_STEPS: Final = StepName("engine")
_TELL: Final = StepName("acknowledge")


class CaseRunner:
    """Carries leased cases through their processes."""

    def __init__(self, ports: Ports, plans: Plans, worklist: Worklist) -> None:
        self._ports = ports
        self._plans = plans
        self._worklist = worklist

    async def work(self, leased: LeasedCase, bridge: TaskBridge | None) -> CaseOutcome:
        """As far as the case goes now. Never raises but for cancellation."""
        work = CaseWork(leased=leased, plan=NO_PLAN, ports=self._ports)
        try:
            try:
                case = leased.case
                work.plan = await self._plans.of(case.tenant, case.snapshot)
                await self._advance(work, bridge)
            except (LeaseLost, DatabaseAway):
                raise
            except Exception as error:  # noqa: BLE001 - it may harm no neighbour
                await self._isolate(work, error)
        except LeaseLost:
            work.code = LeaseLost.code
        except DatabaseAway:
            work.code = DatabaseAway.code
            await self._forfeit(work.leased)
        return _outcome(work)

    async def _isolate(self, work: CaseWork, error: Exception) -> None:
        """What went wrong between steps would go wrong again: look at it."""
        _log.error(
            "case_failed", case=work.leased.case.number, error=type(error).__name__
        )
        work.drop()
        code = error.code if isinstance(error, EngineError) else BUG
        try:
            await work.isolate(_BETWEEN_STEPS, code)
        except (LeaseLost, DatabaseAway):
            raise
        except Exception:  # noqa: BLE001
            # Not even that: as if its worker had died of it, which ends as poison.
            work.code = code
            await self._forfeit(work.leased, after=_LATER)

    async def _advance(self, work: CaseWork, bridge: TaskBridge | None) -> None:
        if work.leased.takeovers >= MAX_TAKEOVERS:
            remaining = work.plan.remaining(work.leased.done)
            await work.isolate(remaining[0], Poisoned.code)
            return
        for name in work.plan.remaining(work.leased.done):
            step = step_for(name)
            if step is None:
                await work.isolate(name, _UNKNOWN_STEP)
                return
            if step.is_effect and not step.commits_itself:
                await work.flush()
            result = await self._run(work, name, step, bridge)
            if not await self._go_on(work, name, result):
                return
        await work.flush(Rest())

    async def _go_on(self, work: CaseWork, name: StepName, result: StepResult) -> bool:
        match result:
            case Done():
                work.gather(name, result)
                return True
            case Committed():
                return True
            case Released():
                return False
            case Refuse():
                work.refuse(name, result)
                await self._tell_sender(work)
                return False
            case _:
                await leave(work, name, result)
                return False

    async def _tell_sender(self, work: CaseWork) -> None:
        told = await STEPS[_TELL].run(work, _TELL)
        if isinstance(told, Done):
            work.gather(_TELL, told)
        await work.flush(Rest())

    async def _run(
        self, work: CaseWork, name: StepName, step: Step, bridge: TaskBridge | None
    ) -> StepResult:
        async def once() -> StepResult:
            try:
                async with asyncio.timeout(step.deadline.total_seconds()):
                    return await step.run(work, name)
            except (LeaseLost, DatabaseAway):
                raise
            except Exception as error:  # noqa: BLE001 - classified, never lost
                _log.warning(
                    "step_failed",
                    case=work.leased.case.number,
                    step=name,
                    error=type(error).__name__,
                )
                return classify(error, counterpart=step.counterpart or _HOUSE)

        if bridge is not None and step.is_effect:
            return await bridge.run(name, once)
        return await once()

    async def _forfeit(
        self, leased: LeasedCase, *, after: timedelta = timedelta(0)
    ) -> None:
        while True:
            try:
                await self._worklist.forfeit(leased, after=after)
            except DatabaseAway:
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return


def _outcome(work: CaseWork) -> CaseOutcome:
    case = work.leased.case
    return CaseOutcome(
        case=case.id,
        number=case.number,
        steps=tuple(work.finished),
        state=type(case.state).__name__,
        code=work.code,
        destination=work.waits_for,
    )
