"""The mailbox in memory: what waits there, and what becomes of answers."""

import os
from dataclasses import replace

import pytest

from adapters.base import Inbox, Opened
from adapters.memory_inbox import Letter, MemoryInbox
from schemas.channels import (
    Announced,
    AnswerRefused,
    AnswerTaken,
    Gone,
    TechnicalAnswer,
)
from schemas.documents import Role
from schemas.errors import CounterpartAway
from schemas.ids import CaseId, OfficeId, SourceId
from schemas.scope import DEFAULT_TENANT
from storage.memory import MemoryVault
from storage.shelf import VaultShelf
from tests.cases import NOW

LETTER = Letter(
    announced=Announced(submission="s-1", case="c-1"),
    service="urn:de:fim:leika:leistung:99107023017000",
    submitted_at=NOW,
    documents=(
        (Role.MAIN, "application/xml", "Antrag.xml", b"<antrag/>"),
        (Role.ATTACHMENT, "application/pdf", "Bild.pdf", b"%PDF"),
    ),
    proof='{"data":"tag"}',
)
ACCEPT = TechnicalAnswer(submission="s-1", case="c-1", accepted=True, proof="{}")


@pytest.fixture
def inbox() -> MemoryInbox:
    return MemoryInbox(SourceId("postfach"), [LETTER])


async def opened(inbox: Inbox) -> Opened:
    [announced] = await inbox.listing()
    found = await inbox.open(announced)
    assert not isinstance(found, Gone)
    return found


async def test_what_waits_is_stored_as_it_came(inbox: MemoryInbox) -> None:
    vault = MemoryVault()
    key = vault.new_key(
        tenant=DEFAULT_TENANT, office=OfficeId("o"), case=CaseId("c" * 32)
    )
    shelf = VaultShelf(vault, key, os.urandom)
    letter = await opened(inbox)
    came = await letter.store(shelf)

    assert (letter.service, letter.submitted_at) == (LETTER.service, NOW)
    assert (came.source, came.submission, came.case) == ("postfach", "s-1", "c-1")
    assert (came.proof, [one.kind for one in came.events]) == (
        LETTER.proof,
        ["submit-submission"],
    )
    read = [
        b"".join([chunk async for chunk in vault.read(key, one.stored)])
        for one in shelf.documents()
    ]
    assert read == [b"<antrag/>", b"%PDF"]


async def test_what_was_answered_waits_no_longer(inbox: MemoryInbox) -> None:
    token = await inbox.sign(ACCEPT)
    taken = await inbox.answer(ACCEPT, token)

    assert isinstance(taken, AnswerTaken)
    assert [(one.kind, one.token) for one in taken.events] == [
        ("accept-submission", token)
    ]
    assert await inbox.listing() == ()
    assert await inbox.open(LETTER.announced) == Gone()


async def test_an_answer_that_comes_twice_is_one_event(inbox: MemoryInbox) -> None:
    first = await inbox.answer(ACCEPT, b"first")
    again = await inbox.answer(replace(ACCEPT, is_repeated=True), b"second")

    assert first == again
    assert len(inbox.answers) == 2


async def test_a_mailbox_that_forgets_lists_what_was_answered(
    inbox: MemoryInbox,
) -> None:
    inbox.forgets = True
    await inbox.answer(ACCEPT, b"t")

    assert await inbox.listing() == (LETTER.announced,)


async def test_a_mailbox_may_be_away_or_refuse(inbox: MemoryInbox) -> None:
    inbox.refuses = "E-FIT-409"
    refused = await inbox.answer(ACCEPT, b"t")
    inbox.away = True

    assert refused == AnswerRefused(code="E-FIT-409")
    with pytest.raises(CounterpartAway):
        await inbox.listing()
    with pytest.raises(CounterpartAway):
        await inbox.answer(ACCEPT, b"t")
