"""What follows a check: the case goes on, goes back, or waits for us to look."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime

from schemas.cases import Case
from schemas.checking.claims import SchemaUri
from schemas.checking.policy import CheckPolicy, Unknown
from schemas.events import (
    CaseChecked,
    CaseQuarantined,
    CaseRefused,
    DocumentChecked,
    Event,
)
from schemas.findings import (
    CheckResult,
    Finding,
    PackRef,
    Passage,
    Severity,
    StageRun,
    Verdict,
)
from schemas.states import Closed, Problem, Quarantined, Refused
from storage.case_file import case_file
from storage.decisions import Decision
from storage.vitals import open_disturbances
from tests.clocks import TestClock
from tests.fakes.checker import ScriptedChecker
from tests.fakes.counterpart import Counterpart
from tests.house import FACHVERFAHREN, SCOPE, House, destination, service
from tests.looking import assert_chains_hold

ACCEPTED = CheckResult(
    pack=PackRef(id="demo-sozial", version="1.1", sha256="ab" * 32),
    message="antrag.grundsicherung.0100",
    engines=(("lxml", "6.0.2"),),
    stages=(StageRun(stage="schema", passage=Passage.DONE, milliseconds=0.7),),
    findings=(),
)


def finding(severity: Severity, rule: str, *, line: int = 0) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        german="Es fehlt etwas.",
        english="Something is missing.",
        detail="CVC_1",
        path="/antrag/person",
        line=line,
    )


def refused(*rules: str) -> CheckResult:
    return replace(
        ACCEPTED,
        findings=tuple(
            finding(Severity.ERROR, rule, line=line)
            for line, rule in enumerate(rules, start=1)
        ),
    )


UNKNOWN = replace(
    ACCEPTED,
    pack=None,
    message="",
    findings=(finding(Severity.INTERNAL, "unknown-schema"),),
)


@asynccontextmanager
async def checking(
    url: str, *results: CheckResult, clock: TestClock | None = None
) -> AsyncIterator[tuple[House, ScriptedChecker, Counterpart]]:
    checker, counterpart = ScriptedChecker(*results), Counterpart()
    house = House(
        url,
        clock=clock or TestClock(),
        outboxes={FACHVERFAHREN: counterpart},
        checker=checker,
    )
    try:
        await house.destinations.sync([destination()])
        yield house, checker, counterpart
    finally:
        await house.close()


async def events_of(house: House, case: Case) -> list[Event]:
    file = await case_file(house.database, SCOPE, case.id)
    assert file.is_whole
    return [told.event for told in file.events]


async def state_of(house: House, case: Case) -> object:
    return (await house.cases.by_number(SCOPE, case.number)).state


async def test_what_was_checked_by_which_rules_stands_in_the_chain(
    database_url: str,
) -> None:
    warned = replace(ACCEPTED, findings=(finding(Severity.WARNING, "wrong-reader"),))
    async with checking(database_url, warned) as (house, _, counterpart):
        case = await house.receive()
        await house.work()

        told = await events_of(house, case)
        assert isinstance(await state_of(house, case), Closed)
        assert told[1] == DocumentChecked(position=0, result=warned)
        assert told[2] == CaseChecked(pack="demo-sozial-1.1")
        assert counterpart.taken == [case.number]


async def test_what_the_sender_must_correct_is_told_and_goes_no_further(
    database_url: str,
) -> None:
    twice = refused("schema-violation", "code-invalid", "schema-violation")
    async with checking(database_url, twice) as (house, _, counterpart):
        case = await house.receive()
        await house.work()

        told = await events_of(house, case)
        state = await state_of(house, case)
        assert isinstance(state, Refused)
        assert state.problems[1] == Problem(
            code="code-invalid",
            location="/antrag/person",
            german="Es fehlt etwas.",
            english="Something is missing.",
            detail="CVC_1",
            line=2,
        )
        assert len(state.problems) == 3
        assert told[1] == DocumentChecked(position=0, result=twice)
        assert isinstance(told[2], CaseRefused)
        assert told[2].codes == ("schema-violation", "code-invalid")
        assert counterpart.calls == []
        await assert_chains_hold(house, case)


async def test_what_is_our_matter_waits_with_an_alarm_and_is_checked_again(
    database_url: str,
) -> None:
    async with checking(database_url, UNKNOWN, ACCEPTED) as (house, _, counterpart):
        case = await house.receive()
        await house.work()

        state = await state_of(house, case)
        assert isinstance(state, Quarantined)
        assert (state.code, state.step) == ("E-CHECK-UNKNOWN-SCHEMA", "check")
        assert not state.acknowledged
        told = await events_of(house, case)
        assert told[1] == DocumentChecked(position=0, result=UNKNOWN)
        assert isinstance(told[2], CaseQuarantined)
        [alarm] = await open_disturbances(house.database, SCOPE)
        assert (alarm.subject, alarm.reason) == ("step:check", state.code)
        assert counterpart.calls == []

        await house.decisions.release(
            SCOPE, case.number, Decision(actor="cli:erika", reason="pack added")
        )
        await house.work()
        await house.duties().close_troubles()

        assert isinstance(await state_of(house, case), Closed)
        checks = [
            event.result.verdict
            for event in await events_of(house, case)
            if isinstance(event, DocumentChecked)
        ]
        assert checks == [Verdict.QUARANTINED, Verdict.ACCEPTED]
        assert await open_disturbances(house.database, SCOPE) == ()
        await assert_chains_hold(house, case)


async def test_a_case_is_measured_by_what_applied_when_it_was_received(
    database_url: str,
) -> None:
    wanted = CheckPolicy(
        packs=("demo-sozial",),
        unknown=Unknown.REFUSE,
        claim=SchemaUri(uri="urn:beispiel:antrag_1.0"),
    )
    # In Germany it is the next day already, and another version may be valid.
    clock = TestClock(datetime(2026, 4, 30, 22, 30, tzinfo=UTC))
    async with checking(database_url, ACCEPTED, clock=clock) as (house, checker, _):
        await house.receive(service(check=wanted), body=b"<antrag>x</antrag>")
        await house.work()

    [asked] = checker.asked
    assert asked.policy == wanted
    assert asked.on == date(2026, 5, 1)
    assert asked.body == b"<antrag>x</antrag>"
    assert (asked.size, asked.media_type) == (18, "application/xml")


async def test_whether_test_messages_belong_here_is_asked_of_the_house(
    database_url: str,
) -> None:
    async with checking(database_url, ACCEPTED) as (house, checker, _):
        house.ports = replace(house.ports, is_test=False)
        await house.receive()
        await house.work()

    assert [asked.policy.environment_test for asked in checker.asked] == [False]
