"""What ``amtsweg source answer`` and ``settle`` do and print."""

from api.cli.asking import ask
from api.cli.house import House, decision
from api.cli.output import say
from schemas.errors import StateForbids
from schemas.ids import CaseNumber
from schemas.rules.mailbox import SETTLED, why_not_settled
from schemas.rules.wording import wording
from storage.cases import SqlCases
from storage.channel_traces import SubmissionTrace
from storage.channels import ChannelStore
from storage.source_states import SourceStates
from storage.wake import notify


async def answer_again(house: House, number: str) -> None:
    """Owe it once more. Raises UnknownCase, CaseMoved, StateForbids."""
    await ChannelStore(house.database).again(house.scope, CaseNumber(number))
    await _look_soon(house, number)
    say(f"The answer to {number} is owed again; a worker sends it.")


async def settle_answer(house: House, number: str, reason: str, *, yes: bool) -> None:
    """Write down how it is. Raises UnknownCase, CaseMoved, StateForbids, Exit."""
    one = await _came(house, number)
    answer = one.answer
    if answer.state == SETTLED:
        say(f"{number} is settled already.")
        return
    if why_not := why_not_settled(answer.state, answer.code, number):
        raise StateForbids(why_not)
    if not yes:
        _show(one)
        ask(f"Is {number} settled with its sender?", otherwise="Nothing was changed.")
    case = CaseNumber(number)
    await ChannelStore(house.database).settle(house.scope, case, decision(reason))
    await _look_soon(house, number)
    say(f"{number} is settled: its alarms are over, and the case stays where it is.")


async def _came(house: House, number: str) -> SubmissionTrace:
    case = await SqlCases(house.database).by_number(house.scope, CaseNumber(number))
    found = await ChannelStore(house.database).find(house.scope, case.number)
    for one in found.submissions:
        return one
    raise StateForbids("It came over no channel that would want an answer.")


async def _look_soon(house: House, number: str) -> None:
    """Its worker is told, so that alarms do not wait for the next poll."""
    found = await ChannelStore(house.database).find(house.scope, number)
    for one in found.submissions:
        await SourceStates(house.database).wish(
            house.scope.tenant, one.submission.source
        )
    await notify(house.database)


def _show(one: SubmissionTrace) -> None:
    ours = "accept" if one.answer.accepted else "reject"
    say(f"{one.case.number}, submission {one.submission.submission}:")
    say(f"  here: {wording(one.case.state).word}; our answer was to {ours} it")
    say(f"  there: {one.answer.code}, and no other answer is taken any more")
    say("Settling it ends the alarms; the case itself stays where it is.")
