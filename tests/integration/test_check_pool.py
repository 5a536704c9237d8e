"""Check processes: what goes wrong in one concerns one check, and ends in time."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from flows.checking.checker import Checker, CheckLimits
from flows.checking.orders import RulesCheck, RulesChecked
from flows.checking.pool import CheckPool, CheckProcess, ProcessLost
from schemas.findings import CheckResult, PackRef, Passage, Verdict
from schemas.limits import MIB
from schemas.packs.library import PackLibrary
from tests.integration.heavy_rules import (
    DAY,
    ENDLESS,
    GREEDY,
    KEY,
    LOUD,
    POLICY,
    antrag,
    heavy_pack,
    pieces,
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


@pytest.fixture
async def pool(place: Path) -> AsyncIterator[CheckPool]:
    opened = CheckPool([place], processes=1)
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


def order(place: Path, limit: float = 30.0) -> RulesCheck:
    entry = PackLibrary([place]).entry(KEY)
    assert entry is not None
    return RulesCheck(pack=entry.ref, limit=limit)


def is_there(pid: int) -> bool:
    """A child that has ended and was not asked for yet counts as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the kernel tells nobody
            await asyncio.sleep(0.02)


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


async def test_a_process_that_is_killed_takes_one_check_with_it(
    pool: CheckPool, place: Path
) -> None:
    async def ask() -> None:
        async with pool.lent() as process:
            await process.ask(order(place), pieces(antrag(ENDLESS)))
            await asyncio.sleep(0.2)
            os.kill(process.pid, signal.SIGKILL)
            await process.answer(RulesChecked, 10.0)

    with pytest.raises(ProcessLost) as caught:
        await ask()

    assert caught.value.how == "SIGKILL"
    async with pool.lent() as process:
        await process.ask(order(place), pieces(antrag()))
        reply = await process.answer(RulesChecked, 30.0)
    assert reply.run.findings == ()


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


async def test_a_check_that_is_given_up_ends_its_process(
    pool: CheckPool, place: Path
) -> None:
    asked: list[CheckProcess] = []

    async def ask() -> None:
        async with pool.lent() as process:
            asked.append(process)
            await process.ask(order(place), pieces(antrag(ENDLESS)))
            await process.answer(RulesChecked, 60.0)

    task = asyncio.create_task(ask())
    await until(lambda: bool(asked))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await until(lambda: not is_there(asked[0].pid))
    async with pool.lent() as process:
        assert process.pid != asked[0].pid


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


async def test_an_idle_process_is_let_go(place: Path) -> None:
    pool = CheckPool([place], processes=1, idle_seconds=0.1)
    async with pool.lent() as process:
        pid = process.pid

    await until(lambda: not is_there(pid))
    assert not pool._free
    await pool.aclose()


async def test_closing_leaves_nobody_behind(place: Path) -> None:
    checker = Checker([place], processes=1)
    await run(checker, antrag())
    pid = checker._pool._free[0].pid

    await checker.aclose()

    assert not is_there(pid)


async def test_a_process_that_is_lent_when_the_pool_closes_ends_afterwards(
    pool: CheckPool, place: Path
) -> None:
    async with pool.lent() as process:
        await pool.aclose()
        await process.ask(order(place), pieces(antrag()))
        reply = await process.answer(RulesChecked, 30.0)

    assert reply.run.stage.passage is Passage.DONE
    await until(lambda: not is_there(process.pid))


async def test_a_process_cannot_be_made_to_write_or_to_dump(
    pool: CheckPool,
) -> None:
    async with pool.lent() as process:
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        environment = Path(f"/proc/{process.pid}/environ").read_text()
        command = Path(f"/proc/{process.pid}/cmdline").read_text()

    said = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
    assert said["Max file size"] == "0"
    assert said["Max core file size"] == "0"
    assert said["Max data size"] == str(2048 * MIB)
    assert environment.startswith("PYTHONPATH=")
    assert environment.count("\0") == 1
    assert "flows.checking.process" in command


async def test_rules_of_another_pack_than_the_one_named_do_not_run(
    pool: CheckPool,
) -> None:
    other = RulesCheck(pack=PackRef(id="tiny", version="1", sha256="0"), limit=10.0)
    async with pool.lent() as process:
        await process.ask(other, pieces(antrag()))
        reply = await process.answer(RulesChecked, 30.0)

    assert [one.rule for one in reply.run.findings] == ["pack-broken"]


PARENT = """
import asyncio, sys, time
from pathlib import Path
from flows.checking.orders import RulesChecked
from flows.checking.pool import CheckPool
from tests.integration.heavy_rules import ENDLESS, antrag, pieces
from tests.integration.test_check_pool import order

async def main(place, busy):
    pool = CheckPool([place], processes=1)
    async with pool.lent() as process:
        if busy:
            await process.ask(order(place, limit=1.0), pieces(antrag(ENDLESS)))
        print(process.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main(Path(sys.argv[1]), sys.argv[2] == "busy"))
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
async def test_processes_do_not_outlive_who_has_started_them(
    place: Path, state: str
) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(place), state],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        text=True,
    )
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert is_there(child)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    await until(lambda: not is_there(child))


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
