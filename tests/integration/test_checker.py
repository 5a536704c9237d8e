"""The checker: where each stage runs, and what a document can do to others."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flows.checking.checker import Checker, CheckLimits
from flows.checking.orders import RulesChecked
from schemas.findings import CheckResult, Passage, Verdict
from schemas.limits import MIB
from tests.integration.heavy_rules import (
    DAY,
    ENDLESS,
    GREEDY,
    LOUD,
    POLICY,
    antrag,
    heavy_pack,
    is_there,
    order,
    pieces,
    until,
)

BIG = 60_000
"""So many amounts are more than 1 MiB."""
FEW = 200
"""And so many are more than what these limits call small."""
SOON = CheckLimits(small_bytes=2_000, small=2.0, big=2.0, memory=512 * MIB)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    heavy_pack(tmp_path)
    return tmp_path


@pytest.fixture
async def checker(place: Path) -> AsyncIterator[Checker]:
    opened = Checker([place], processes=1)
    yield opened
    await opened.aclose()


@pytest.fixture
async def impatient(place: Path) -> AsyncIterator[Checker]:
    opened = Checker([place], processes=1, limits=SOON)
    yield opened
    await opened.aclose()


async def run(checker: Checker, document: bytes) -> CheckResult:
    return await checker.check(
        pieces(document),
        size=len(document),
        media_type="application/xml",
        policy=POLICY,
        on=DAY,
    )


def rules(result: CheckResult) -> list[str]:
    return [one.detail or one.rule for one in result.findings]


async def test_a_small_document_meets_its_schema_here_and_its_rules_there(
    checker: Checker,
) -> None:
    good, bad = await run(checker, antrag()), await run(checker, antrag(summe="17"))

    assert good.verdict is Verdict.ACCEPTED
    assert [stage.stage for stage in good.stages][-2:] == [
        "schematron",
        "cross-checks",
    ]
    assert "SaxonC-HE" in dict(good.engines)
    assert bad.verdict is Verdict.REFUSED
    [found] = bad.findings
    assert (found.detail, found.path, found.line) == ("SUM", "/antrag", 1)
    assert found.german == "Die Summe stimmt nicht: …."


async def test_a_big_document_meets_all_of_it_there(checker: Checker) -> None:
    good = await run(checker, antrag(count=BIG, summe=str(BIG)))
    bad = await run(checker, antrag(count=BIG))

    assert good.verdict is Verdict.ACCEPTED
    assert rules(bad) == ["SUM"]
    assert [one.stage for one in good.stages] == [one.stage for one in bad.stages]
    assert {"lxml", "SaxonC-HE"} <= set(dict(good.engines))


async def test_a_document_beyond_the_limit_is_not_even_read(checker: Checker) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError
        yield b""

    result = await checker.check(
        never(), size=2**40, media_type="text/xml", policy=POLICY, on=DAY
    )

    assert [one.rule for one in result.findings] == ["too-large"]


async def test_what_is_no_xml_needs_no_process(checker: Checker) -> None:
    result = await run(checker, b"<antrag")

    assert rules(result) != []
    assert result.verdict is Verdict.REFUSED
    assert not checker._pool._free


async def test_rules_that_never_end_are_ended(impatient: Checker, place: Path) -> None:
    began = time.monotonic()
    result = await run(impatient, antrag(ENDLESS))
    took = time.monotonic() - began

    assert result.verdict is Verdict.QUARANTINED
    assert [one.rule for one in result.findings] == ["time-limit"]
    stopped = {one.stage for one in result.stages if one.passage is Passage.STOPPED}
    assert stopped == {"schematron"}
    assert result.pack is not None
    assert took < 20
    async with impatient._pool.lent() as process:
        await process.ask(order(place), pieces(antrag()))
        reply = await process.answer(RulesChecked, 30.0)
    assert reply.run.findings == ()


async def test_a_big_document_whose_rules_never_end_keeps_what_was_found(
    impatient: Checker,
) -> None:
    result = await run(impatient, antrag(ENDLESS, count=FEW))

    assert [one.rule for one in result.findings] == ["time-limit"]
    assert result.pack is not None
    assert result.message == "antrag"


async def test_rules_that_take_all_memory_die_of_it_alone(place: Path) -> None:
    limits = CheckLimits(small=60.0, memory=192 * MIB)
    checker = Checker([place], processes=1, limits=limits)

    result = await run(checker, antrag(GREEDY))
    after = await run(checker, antrag())
    await checker.aclose()

    [found] = result.findings
    assert found.rule in {"check-failed", "time-limit"}
    assert result.verdict is Verdict.QUARANTINED
    assert after.verdict is Verdict.ACCEPTED


async def test_rules_that_fail_say_nothing_of_the_document(
    checker: Checker, capfd: pytest.CaptureFixture[str]
) -> None:
    result = await run(checker, antrag(LOUD, name="Mustermann"))

    assert [one.rule for one in result.findings] == ["check-failed"]
    assert "Mustermann" not in repr(result)
    said = capfd.readouterr()
    assert "Mustermann" not in said.out + said.err


async def test_a_process_that_died_while_idle_harms_nobody(checker: Checker) -> None:
    await run(checker, antrag())
    [idle] = checker._pool._free
    os.kill(idle.pid, signal.SIGKILL)
    await until(lambda: not idle.is_alive)

    assert (await run(checker, antrag())).verdict is Verdict.ACCEPTED
    assert checker._pool._free[0].pid != idle.pid


async def test_a_process_is_used_again(checker: Checker) -> None:
    pids = set()
    for _ in range(3):
        await run(checker, antrag())
        pids.add(checker._pool._free[0].pid)

    assert len(pids) == 1


async def test_fifty_checks_at_once_wait_for_two_processes_in_turn(
    place: Path,
) -> None:
    checker = Checker([place], processes=2)
    documents = [
        antrag(summe="3" if number % 2 else "4", name=str(number))
        for number in range(50)
    ]

    results = await asyncio.gather(*(run(checker, one) for one in documents))

    assert len(checker._pool._free) <= 2
    await checker.aclose()
    assert [rules(one) for one in results] == [["SUM"], []] * 25


async def test_documents_wait_where_they_are_until_a_process_is_free(
    place: Path,
) -> None:
    checker = Checker(
        [place], processes=1, limits=CheckLimits(small_bytes=2_000, memory=512 * MIB)
    )
    read = 0

    async def counted(document: bytes) -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield document

    document = antrag(count=FEW, summe=str(FEW))
    async with checker._pool.lent():
        waiting = [
            asyncio.create_task(
                checker.check(
                    counted(document),
                    size=len(document),
                    media_type="text/xml",
                    policy=POLICY,
                    on=DAY,
                )
            )
            for _ in range(3)
        ]
        await asyncio.sleep(0.1)
        assert read == 0
    results = await asyncio.gather(*waiting)
    await checker.aclose()

    assert [one.verdict for one in results] == [Verdict.ACCEPTED] * 3


async def test_closing_leaves_nobody_behind(place: Path) -> None:
    checker = Checker([place], processes=1)
    await run(checker, antrag())
    pid = checker._pool._free[0].pid

    await checker.aclose()

    assert not is_there(pid)


async def test_a_thread_that_takes_too_long_is_given_up_and_known(
    place: Path,
) -> None:
    checker = Checker([place], limits=CheckLimits(small=0.001))
    result = await run(checker, antrag(count=50_000))

    assert [one.rule for one in result.findings] == ["time-limit"]
    assert result.verdict is Verdict.QUARANTINED
    await until(lambda: not checker._stuck)
    await checker.aclose()


async def test_without_saxonche_no_process_is_started_for_its_rules(
    checker: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "saxonche", None)

    result = await run(checker, antrag(summe="17"))

    assert result.verdict is Verdict.ACCEPTED
    assert [one.rule for one in result.findings] == ["schematron-skipped"]
    skipped = [one for one in result.stages if one.passage is Passage.SKIPPED]
    assert [one.stage for one in skipped] == ["schematron"]
    assert not checker._pool._free
