"""check: the main document is what it says it is, and harmless to read."""

import asyncio

from flows.case_work import CaseWork
from schemas.documents import Document, Role
from schemas.events import CaseChecked
from schemas.ids import StepName
from schemas.limits import KIB
from schemas.states import Checked, Problem
from schemas.steps import Done, Refuse, StepResult
from schemas.wellformed import JsonCheck, WellFormedCheck, XmlCheck

_IN_LOOP_BYTES = 64 * KIB
"""Feeding the parser with less takes well under 5 ms."""


async def check(work: CaseWork, step: StepName) -> StepResult:
    """Refuse what cannot be parsed; schemas are checked by the packs."""
    del step
    problems: list[Problem] = []
    for document in (await work.papers()).documents:
        if document.role is Role.MAIN:
            problems.extend(await _problems(work, document))
    if problems:
        return Refuse(problems=tuple(problems))
    return Done(state=Checked(), event=CaseChecked(pack="well-formed"))


async def _problems(work: CaseWork, document: Document) -> tuple[Problem, ...]:
    parser: WellFormedCheck = (
        JsonCheck() if "json" in document.media_type else XmlCheck()
    )
    in_loop = document.stored.size <= _IN_LOOP_BYTES
    async for chunk in work.read(document):
        if in_loop:
            parser.feed(chunk)
        else:
            await asyncio.to_thread(parser.feed, chunk)
    if in_loop:
        return parser.close()
    return await asyncio.to_thread(parser.close)
