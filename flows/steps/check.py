"""check: the application is what its pack says it is, and harmless to read."""

from dataclasses import replace
from typing import assert_never

from flows.case_work import CaseWork
from schemas.channels import Faulty, Intact, Unclear
from schemas.checking.policy import claimed
from schemas.clock import local_day
from schemas.documents import Role
from schemas.events import CaseChecked, DocumentChecked
from schemas.findings import Verdict
from schemas.ids import StepName
from schemas.rules.checked import kept, pack_of, problems_of, quarantine_code
from schemas.states import Checked
from schemas.steps import Done, Isolate, Refuse, StepResult


async def check(work: CaseWork, step: StepName) -> StepResult:
    """Refuse what the sender must correct; what is our matter, we look at.

    The rules are those of the day of receipt: a case that waited is not measured
    by others. What a channel's own proofs show comes before what a pack says.
    """
    del step
    policy = work.plan.check
    channel = await work.channel()
    if channel is not None:
        match channel.inspection:
            case Faulty(problems=problems):
                return Refuse(problems=problems)
            case Unclear(code=code):
                return Isolate(code=code)
            case Intact():
                policy = claimed(policy, channel.claim)
            case _:
                assert_never(channel.inspection)
    papers = await work.papers()
    main = next(one for one in papers.documents if one.role is Role.MAIN)
    found_out = await work.ports.checker.check(
        work.read(main),
        size=main.stored.size,
        media_type=main.media_type,
        policy=replace(policy, environment_test=work.ports.is_test),
        on=local_day(work.leased.case.received_at),
    )
    result = kept(found_out)
    found = (DocumentChecked(position=main.position, result=result),)
    match result.verdict:
        case Verdict.ACCEPTED:
            checked = CaseChecked(pack=pack_of(result))
            return Done(state=Checked(), event=checked, found=found)
        case Verdict.REFUSED:
            return Refuse(problems=problems_of(result), found=found)
        case Verdict.QUARANTINED:
            return Isolate(code=quarantine_code(result), found=found)
        case _:
            assert_never(result.verdict)
