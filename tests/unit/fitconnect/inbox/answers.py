"""Answers to submissions of the fake mailbox."""

from adapters.fitconnect.events.tags import tags_json
from schemas.channels import TechnicalAnswer
from schemas.states import Problem
from tests.fakes.fitconnect_deposit import Deposit
from tests.fakes.fitconnect_mailbox import Mailbox

ATTACHMENT = "0f0e0d0c-0b0a-4908-8706-050403020100"


def accept(deposit: Deposit, *, is_repeated: bool = False) -> TechnicalAnswer:
    return TechnicalAnswer(
        submission=deposit.submission,
        case=deposit.case,
        accepted=True,
        proof=tags_json(deposit.tags),
        is_repeated=is_repeated,
    )


def reject(
    deposit: Deposit, *problems: Problem, is_repeated: bool = False
) -> TechnicalAnswer:
    return TechnicalAnswer(
        submission=deposit.submission,
        case=deposit.case,
        accepted=False,
        proof="",
        problems=problems,
        is_repeated=is_repeated,
    )


def posts(mailbox: Mailbox) -> int:
    """Events that were sent."""
    return sum(
        one.method == "POST" and one.url.path.endswith("/events")
        for one in mailbox.requests
    )
