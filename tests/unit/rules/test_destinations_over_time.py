"""A destination over any course of events: a machine of states against a model."""

from datetime import timedelta
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.ids import CaseId
from schemas.rules.destinations import (
    STEADY,
    DestinationState,
    Held,
    Open,
    Paused,
    after_failure,
    after_success,
    allowed,
    held,
    resumed,
)
from schemas.rules.waits import FIRST_PROBE, LAST_PROBE
from tests.cases import NOW


class Destination(RuleBasedStateMachine):
    """Cases leave when they are allowed to, and come back in any order."""

    @initialize(limit=st.integers(min_value=1, max_value=16))
    def begin(self, limit: int) -> None:
        self.limit = limit
        self.now = NOW
        self.state: DestinationState = STEADY
        self.flying: list[CaseId] = []
        self.own: dict[CaseId, int] = {}
        self.names = map(CaseId, map(str, count()))
        self.calls_in_pause = 0
        self.paused_for = timedelta(0)

    def room(self) -> int:
        most = allowed(self.state, limit=self.limit, now=self.now)
        return max(0, most - len(self.flying))

    @rule(seconds=st.integers(min_value=0, max_value=7200))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        if isinstance(self.state, Paused):
            self.paused_for += timedelta(seconds=seconds)

    @rule(again=st.booleans(), which=st.integers(min_value=0))
    def cases_leave(self, *, again: bool, which: int) -> None:
        for _ in range(self.room()):
            grounded = sorted(set(self.own) - set(self.flying))
            known = again and grounded
            case = grounded[which % len(grounded)] if known else next(self.names)
            self.own.setdefault(case, 0)
            self.flying.append(case)
            self.calls_in_pause += isinstance(self.state, Paused)

    @rule(which=st.integers(min_value=0))
    def one_arrives(self, which: int) -> None:
        if self.flying:
            case = self.flying.pop(which % len(self.flying))
            self.own[case] = 0
            self.move_to(after_success(self.state, limit=self.limit))

    @rule(which=st.integers(min_value=0), whole=st.booleans())
    def one_fails(self, *, which: int, whole: bool) -> None:
        if not self.flying:
            return
        case = self.flying.pop(which % len(self.flying))
        before, own = self.state, dict(self.own)
        fate = after_failure(
            before, case=case, code="E-AWAY", whole=whole, now=self.now
        )
        self.own[case] = max(0, self.own[case] + fate.charge)
        for excused in fate.excused:
            self.own[excused] = max(0, self.own[excused] - 1)
        if not isinstance(before, Open):
            assert self.own == own, "a pause uses up no attempts"
        if isinstance(fate.state, Paused) and isinstance(before, Open):
            assert fate.charge <= 0
            assert (
                whole
                or len(set(fate.state.witnesses)) >= 3
                or (len(before.failing) >= 4)
            )
        self.move_to(fate.state)

    @rule()
    def a_person_holds_it(self) -> None:
        self.move_to(held("Wartung", self.now))

    @rule()
    def a_person_resumes_it(self) -> None:
        self.move_to(resumed(self.state, self.now))
        self.calls_in_pause, self.paused_for = 0, timedelta(0)

    def move_to(self, state: DestinationState) -> None:
        if not (isinstance(self.state, Paused) and isinstance(state, Paused)):
            self.calls_in_pause, self.paused_for = 0, timedelta(0)
        self.state = state

    @invariant()
    def never_more_leave_than_allowed(self) -> None:
        assert 0 <= allowed(self.state, limit=self.limit, now=self.now) <= self.limit
        if isinstance(self.state, Held):
            assert self.room() == 0

    @invariant()
    def a_pause_costs_few_calls(self) -> None:
        # 10, 20, 40 … seconds, then one every ten minutes, and one just begun.
        assert self.calls_in_pause <= 8 + self.paused_for / LAST_PROBE

    @invariant()
    def no_probe_is_further_off_than_ten_minutes(self) -> None:
        if isinstance(self.state, Paused):
            assert FIRST_PROBE <= self.state.wait <= LAST_PROBE
            assert self.state.next_probe_at <= self.now + LAST_PROBE

    @invariant()
    def what_is_remembered_stays_small(self) -> None:
        if isinstance(self.state, Open):
            assert len(self.state.failing) < 5 + len(self.state.suspects)
            assert len(set(self.state.failing) - set(self.state.suspects)) < 3


TestADestinationOverTime = Destination.TestCase
