"""The list of a mailbox: everything, once, and only ours."""

from uuid import uuid4

import httpx
import pytest

from adapters.fitconnect.client.failures import (
    NotLinked,
    ServerError,
    StrangeAnswer,
    Unreachable,
)
from tests.fakes.fitconnect_api import problem
from tests.fakes.fitconnect_deposit import DESTINATION, Deposit
from tests.fakes.fitconnect_mailbox import Mailbox


def listed(mailbox: Mailbox, many: int) -> list[Deposit]:
    """Entries without content: a list shows no more."""
    template = mailbox.deposit(listed=False)
    found = []
    for _ in range(many):
        one = Deposit(
            submission=str(uuid4()),
            case=str(uuid4()),
            body={},
            attachments={},
            log=[],
            tags=template.tags,
            metadata={},
        )
        mailbox.deposits[one.submission] = one
        mailbox.listed.append(one.submission)
        found.append(one)
    return found


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_everything_that_waits_is_listed_in_order(version: str) -> None:
    mailbox = Mailbox(version=version)
    waiting = listed(mailbox, 3)

    assert await mailbox.inbox().listing() == tuple(one.announced for one in waiting)


async def test_an_empty_mailbox_is_no_failure() -> None:
    assert await Mailbox().inbox().listing() == ()


async def test_v2_is_asked_page_by_page_for_our_destination() -> None:
    mailbox = Mailbox(page_limit=40)
    waiting = listed(mailbox, 100)

    assert len(await mailbox.inbox().listing()) == len(waiting)

    asked = [one.url.params for one in mailbox.requests if one.url.path != "/token"]
    assert [one["offset"] for one in asked] == ["0", "40", "80"]
    assert {one["destinationId"] for one in asked} == {DESTINATION}


async def test_v1_is_asked_without_parameters() -> None:
    mailbox = Mailbox(version="v1")
    listed(mailbox, 1)

    await mailbox.inbox().listing()

    assert not mailbox.requests[-1].url.params


async def test_nothing_is_lost_when_others_answer_between_two_pages() -> None:
    mailbox = Mailbox(page_limit=10)
    waiting = listed(mailbox, 30)
    pages = []

    def answered_meanwhile(_: httpx.Request) -> None:
        pages.append(1)
        if len(pages) == 2:
            del mailbox.listed[:5]

    mailbox.faults["/submissions"] = answered_meanwhile
    found = await mailbox.inbox().listing()

    assert {one.submission for one in found} >= set(mailbox.listed)
    assert len(found) == len({one.submission for one in found})
    assert len(found) <= len(waiting)


async def test_a_submission_that_is_listed_twice_is_one() -> None:
    mailbox = Mailbox()
    [one] = listed(mailbox, 1)
    mailbox.listed *= 3

    assert await mailbox.inbox().listing() == (one.announced,)


async def test_a_service_that_ignores_paging_is_not_asked_for_ever() -> None:
    mailbox = Mailbox()
    [one] = listed(mailbox, 1)
    entry = mailbox._entries()[0]
    mailbox.faults["/submissions"] = lambda _: httpx.Response(
        200, json={"submissions": [entry], "totalCount": 10**9}
    )

    assert await mailbox.inbox().listing() == (one.announced,)
    assert len(mailbox.requests) == 3


async def test_without_a_total_the_pages_are_read_to_their_end() -> None:
    mailbox = Mailbox(page_limit=2)
    listed(mailbox, 5)

    def without_total(request: httpx.Request) -> httpx.Response:
        page = mailbox._submission(request, []).json()
        del page["totalCount"]
        return httpx.Response(200, json=page)

    mailbox.faults["/submissions"] = without_total

    assert len(await mailbox.inbox().listing()) == 5


async def test_another_destinations_submissions_and_strange_entries_are_left() -> None:
    mailbox = Mailbox(version="v1")
    [one] = listed(mailbox, 1)
    ours = mailbox._entries()[0]
    entries = [
        {**ours, "destinationId": str(uuid4()), "submissionId": str(uuid4())},
        {**ours, "submissionId": "../../token"},
        {**ours, "caseId": 7},
        "text",
        None,
        {**ours, "submissionId": ours["submissionId"].upper(), "new": True},
    ]
    mailbox.faults["/submissions"] = lambda _: httpx.Response(
        200, json={"submissions": entries}
    )

    assert await mailbox.inbox().listing() == (one.announced,)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (problem(403), NotLinked),
        (problem(500), ServerError),
        (httpx.Response(200, json={"submissions": None}), StrangeAnswer),
        (httpx.Response(200, json=[]), StrangeAnswer),
        (httpx.Response(200, text="<html>"), StrangeAnswer),
    ],
)
async def test_a_list_that_cannot_be_had_is_away(
    answer: httpx.Response, failure: type[Exception]
) -> None:
    mailbox = Mailbox()
    mailbox.faults["/submissions"] = lambda _: answer

    with pytest.raises(failure):
        await mailbox.inbox().listing()


async def test_a_refused_connection_is_told_as_such() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    mailbox = Mailbox()
    mailbox.faults["/submissions"] = refuse

    with pytest.raises(Unreachable):
        await mailbox.inbox().listing()
