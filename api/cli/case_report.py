"""What ``amtsweg case`` does and prints."""

import re
from dataclasses import dataclass
from typing import Final

import typer

from api.cli.case_channel import channel_json, print_channel
from api.cli.case_text import case_json, file_json, print_file
from api.cli.house import CLOCK, House, decision
from api.cli.moments import parse_since
from api.cli.output import local, note, say, say_json, say_table
from schemas.cases import Case
from schemas.errors import StateForbids
from schemas.ids import CaseNumber, parse_tracking_id
from schemas.rules.settlement import UNKNOWN
from schemas.rules.wording import case_word, find_kind, kinds, wording
from schemas.states import InReview, Quarantined
from storage.case_file import case_file
from storage.cases import SqlCases
from storage.channels import ChannelStore
from storage.decisions import Decisions
from storage.wake import notify

_NUMBER: Final = re.compile(r"[0-9]{4}-[0-9]{6,}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What ``case list`` was asked for, as typed."""

    state: str
    service: str
    since: str
    limit: int


async def show_cases(house: House, wanted: Wanted, *, as_json: bool) -> None:
    """Print the list."""
    cases = await SqlCases(house.database).list(
        house.scope,
        state=_kind(wanted.state),
        service=wanted.service,
        since=(parse_since(wanted.since, now=CLOCK.now()) if wanted.since else None),
        limit=wanted.limit,
    )
    if as_json:
        say_json([case_json(case) for case in cases])
        return
    if not cases:
        note("No case is like that.")
        return
    say_table(
        ("NUMBER", "RECEIVED", "SERVICE", "SENDER", "STATE", "NAME", "CODE"),
        [_row(case) for case in cases],
    )
    if len(cases) == wanted.limit:
        note(f"Only the newest {wanted.limit}; --limit shows more.")


async def show_case(house: House, which: str, *, as_json: bool) -> None:
    """Print the whole file of one case."""
    case = await _find(house, which)
    file = await case_file(house.database, house.scope, case.id)
    traces = await ChannelStore(house.database).find(house.scope, case.number)
    now = CLOCK.now()
    if as_json:
        say_json(file_json(file) | channel_json(traces, now))
    else:
        print_file(file)
        print_channel(traces, now)


async def release_case(house: House, number: str, reason: str) -> None:
    """Let a worker try again. Raises UnknownCase, StateForbids, CaseMoved."""
    case = await _find(house, number)
    if not isinstance(case.state, Quarantined):
        raise StateForbids(f"It is {wording(case.state).word}, not in quarantine.")
    case = await Decisions(house.database).release(
        house.scope, case.number, decision(reason)
    )
    await notify(house.database)
    say(f"{case.number} is due again: {wording(case.state).word}.")


async def approve_case(house: House, number: str, reason: str) -> None:
    """Let it go on. Raises UnknownCase, StateForbids, CaseMoved."""
    case = await _find(house, number)
    if not isinstance(case.state, InReview) or case.state.question == UNKNOWN:
        raise StateForbids(f"It is {wording(case.state).word}; nothing is to approve.")
    case = await Decisions(house.database).approve(
        house.scope, case.number, decision(reason)
    )
    await notify(house.database)
    say(f"{case.number} is due again: {wording(case.state).word}.")


async def _find(house: House, which: str) -> Case:
    cases = SqlCases(house.database)
    if _NUMBER.fullmatch(which):
        return await cases.by_number(house.scope, CaseNumber(which))
    return await cases.by_tracking(house.scope, parse_tracking_id(which))


def _kind(word: str) -> str:
    kind = find_kind(word) if word else ""
    if word and not kind:
        known = ", ".join(f"{kind} ({word})" for kind, word in kinds().items())
        raise typer.BadParameter(
            f"There is no such state; there are: {known}.", param_hint="--state"
        )
    return kind


def _row(case: Case) -> tuple[str, ...]:
    kind = type(case.state).__name__
    return (
        case.number,
        local(case.received_at),
        case.service,
        case.sender,
        case_word(kind),
        kind,
        getattr(case.state, "code", ""),
    )
