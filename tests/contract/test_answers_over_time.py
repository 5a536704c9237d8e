"""Whatever happens to an answer, and in which order: it stays the one that it was."""

import itertools
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import StateForbids
from schemas.scope import DEFAULT_TENANT
from schemas.work import LeasedCase, OrderedAnswer, Progress
from storage.channels import LINGERS_AFTER
from tests.clocks import TestClock
from tests.contract.channelling import (
    POSTFACH,
    WRONG,
    arrived,
    leased,
    store,
    submission,
)
from tests.house import SCOPE, House

ACCEPT, REJECT = (
    OrderedAnswer(accepted=True),
    OrderedAnswer(accepted=False, problems=(WRONG,)),
)
LATER = timedelta(minutes=1)
NAMES = itertools.count(1)
ACTS = (
    "accept",
    "reject",
    "sign",
    "sent",
    "refused",
    "later",
    "wait",
    "listed",
    "again",
)


@dataclass(kw_only=True)
class Model:
    """What must be true of one answer."""

    state: str = "none"
    ordered: OrderedAnswer | None = None
    token: bytes | None = None
    tried: bool = False
    due_in: timedelta = timedelta(0)
    since_sent: timedelta = timedelta(0)

    @property
    def is_due(self) -> bool:
        return self.state == "owed" and self.due_in <= timedelta(0)


async def act(home: House, what: str, model: Model, held: LeasedCase) -> LeasedCase:
    """Do it, and say what must come of it."""
    answers, case = store(home), held.case
    match what:
        case "accept" | "reject":
            wanted = ACCEPT if what == "accept" else REJECT
            progress = Progress(state=case.state, events=(), answer=wanted)
            held = await home.ports.ledger.commit(held, progress)
            if model.ordered is None:
                model.state, model.ordered = "owed", wanted
                model.due_in = timedelta(0)
        case "sign":
            token = b"%d" % next(NAMES)
            model.token = model.token or token
            assert await answers.keep_token(case.id, token) == model.token
        case "again":
            try:
                await answers.again(SCOPE, case.number)
            except StateForbids:
                assert model.state == "none"
            else:
                if model.state == "refused":
                    model.token = None
                model.state, model.due_in = "owed", timedelta(0)
        case _:
            await _sent(home, what, model, held)
    return held


async def _sent(home: House, what: str, model: Model, held: LeasedCase) -> None:
    answers, case = store(home), held.case.id
    assert isinstance(home.clock, TestClock)
    match what:
        case "sent":
            await answers.answered(case, ())
            if model.state != "none":
                model.state, model.since_sent = "sent", timedelta(0)
        case "refused":
            await answers.refused(case, "E-FIT-409")
            if model.state != "none":
                model.state, model.tried = "refused", True
        case "later":
            await answers.retry_at(case, "E-AWAY", home.clock.now() + LATER)
            model.due_in = LATER if model.state == "owed" else model.due_in
            model.tried |= model.state != "none"
        case "wait":
            home.clock.advance(LINGERS_AFTER)
            model.due_in -= LINGERS_AFTER
            model.since_sent += LINGERS_AFTER
        case _:
            found = await answers.still_listed(
                DEFAULT_TENANT, POSTFACH, [(await answers.of_case(case)).submission]
            )
            lingers = model.state == "sent" and model.since_sent >= LINGERS_AFTER
            assert found == lingers
            if lingers:
                model.state, model.due_in = "owed", timedelta(0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(acts=st.lists(st.sampled_from(ACTS), min_size=3, max_size=12))
async def test_an_answer_is_one_whatever_happens_to_it(
    home: House, acts: list[str]
) -> None:
    name = f"s-{next(NAMES)}"
    case = await arrived(home, submission(home, name, case=name))
    held, model = await leased(home, case), Model()
    for what in acts:
        held = await act(home, what, model, held)

        owed = await store(home).owed(DEFAULT_TENANT, POSTFACH, 10_000)
        mine = [one for one in owed if one.case == case.id]
        [trace] = (await store(home).find(SCOPE, name)).submissions
        assert trace.answer.state == model.state, acts
        assert bool(mine) is model.is_due, acts
        for one in mine:
            assert model.ordered == OrderedAnswer(
                accepted=one.answer.accepted, problems=one.answer.problems
            )
            assert (one.token or None) == model.token
            was_signed = model.token is not None
            assert one.answer.is_repeated is (was_signed or model.tried)
