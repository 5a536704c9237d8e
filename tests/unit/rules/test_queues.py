"""Who is served next."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.cases import Lane
from schemas.ids import CaseId, DestinationId, TenantId
from schemas.rules.queues import (
    Candidate,
    choose,
    destination_queue,
    line_of,
    queue_destination,
    share_of,
    source_queue,
)
from schemas.scope import DEFAULT_TENANT
from schemas.services import Order
from tests.house import WOHNGELD, service


def due(
    queue: str, *receipts: int, lane: Lane = Lane.FRESH, takeovers: int = 0
) -> list[Candidate]:
    return [
        Candidate(
            case=CaseId(f"{queue}{receipt}"),
            queue=queue,
            lane=lane,
            receipt=receipt,
            takeovers=takeovers,
        )
        for receipt in receipts
    ]


def names(chosen: tuple[Candidate, ...]) -> list[str]:
    return [one.case for one in chosen]


def test_each_queue_has_its_turn() -> None:
    chosen = choose(
        [*due("a", *range(100)), *due("b", 500), *due("c", 700, 701)],
        free=6,
        quotas={},
        suspects=0,
    )

    assert names(chosen) == ["a0", "b500", "c700", "a1", "c701", "a2"]


def test_with_one_slot_free_at_a_time_all_queues_have_their_turn() -> None:
    waiting = [*due("a", *range(9)), *due("b", *range(10, 19)), *due("c", 20)]
    served, turns = "", []
    for _ in range(6):
        [one] = choose(waiting, free=1, quotas={}, suspects=0, served=served)
        waiting.remove(one)
        served = one.queue
        turns.append(served)

    assert turns == ["a", "b", "c", "a", "b", "a"]


def test_fresh_cases_go_before_replays() -> None:
    waiting = [*due("a", 1, 2, lane=Lane.BULK), *due("b", 50, 51)]

    chosen = choose(waiting, free=3, quotas={}, suspects=0)

    assert names(chosen) == ["b50", "b51", "a1"]


def test_a_quota_holds_over_both_lanes() -> None:
    waiting = [*due("d", 1, 2, lane=Lane.BULK), *due("d", 50), *due("s", 60)]

    chosen = choose(waiting, free=9, quotas={"d": 2, "s": 9}, suspects=0)

    assert names(chosen) == ["d50", "s60", "d1"]


def test_what_killed_a_worker_may_run_alone_only() -> None:
    waiting = [*due("a", 1, 2, 3, takeovers=1), *due("a", 4), *due("b", 5, takeovers=2)]

    chosen = choose(waiting, free=9, quotas={}, suspects=1)

    assert names(chosen) == ["a1", "a4"]
    assert names(choose(waiting, free=9, quotas={}, suspects=0)) == ["a4"]


candidates = st.lists(
    st.builds(
        lambda queue, receipt, lane, takeovers: Candidate(
            case=CaseId(f"{receipt}"),
            queue=queue,
            lane=lane,
            receipt=receipt,
            takeovers=takeovers,
        ),
        st.sampled_from(["d:x", "d:y", "s:a", "s:b", "s:c"]),
        st.integers(min_value=0, max_value=10_000),
        st.sampled_from(Lane),
        st.sampled_from([0, 0, 0, 1, 2]),
    ),
    max_size=60,
    unique_by=lambda one: one.receipt,
)
quotas = st.fixed_dictionaries({"d:x": st.integers(0, 4), "d:y": st.integers(0, 4)})


@given(candidates, st.integers(0, 20), quotas, st.integers(0, 2), st.text(max_size=3))
def test_nobody_gets_more_than_allowed(
    waiting: list[Candidate],
    free: int,
    quotas: dict[str, int],
    suspects: int,
    served: str,
) -> None:
    chosen = choose(waiting, free=free, quotas=quotas, suspects=suspects, served=served)

    taken = Counter(one.queue for one in chosen)
    assert len(chosen) == len(set(chosen)) <= free
    assert all(taken[queue] <= quota for queue, quota in quotas.items())
    assert sum(one.takeovers > 0 for one in chosen) <= suspects


@given(candidates, st.integers(0, 20), quotas, st.integers(0, 2))
def test_within_a_queue_and_lane_order_of_receipt_is_kept(
    waiting: list[Candidate], free: int, quotas: dict[str, int], suspects: int
) -> None:
    chosen = choose(waiting, free=free, quotas=quotas, suspects=suspects)

    for place in {(one.queue, one.lane) for one in chosen}:
        line = [one.receipt for one in chosen if (one.queue, one.lane) == place]
        passed_over = [
            one.receipt
            for one in waiting
            if (one.queue, one.lane) == place and not one.takeovers
            if one not in chosen
        ]
        assert line == sorted(line)
        assert all(line[-1] < receipt for receipt in passed_over)


@given(candidates, st.integers(0, 20), quotas)
def test_no_slot_stays_free_while_somebody_may_have_it(
    waiting: list[Candidate], free: int, quotas: dict[str, int]
) -> None:
    chosen = choose(waiting, free=free, quotas=quotas, suspects=0)

    if len(chosen) < free:
        taken = Counter(one.queue for one in chosen)
        left = [one for one in waiting if one not in chosen and not one.takeovers]
        assert all(taken[one.queue] >= quotas.get(one.queue, free) for one in left)


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=60), st.integers(1, 5))
def test_no_queue_waits_longer_than_one_turn_of_all_others(
    arrivals: list[str], free: int
) -> None:
    waiting = [
        one for receipt, queue in enumerate(arrivals) for one in due(queue, receipt)
    ]
    queues, served, turns = set(arrivals), "", list[str]()
    while waiting:
        chosen = choose(waiting, free=free, quotas={}, suspects=0, served=served)
        waiting = [one for one in waiting if one not in chosen]
        served = chosen[-1].queue
        turns += [one.queue for one in chosen]

    for queue in queues:
        places = [place for place, turn in enumerate(turns) if turn == queue]
        gaps = [later - place for place, later in pairwise([-1, *places])]
        assert max(gaps) <= len(queues) + free


tenants = st.text(alphabet="abcdefghijklmnop-", min_size=1)
destinations = st.text(alphabet="abcdefghijklmnop-_./", min_size=1)


@given(tenants, destinations)
def test_a_queue_names_its_destination_again(tenant: str, destination: str) -> None:
    queue = destination_queue(TenantId(tenant), destination)

    assert queue_destination(queue) == (TenantId(tenant), DestinationId(destination))


@given(tenants, st.text())
def test_a_source_is_never_taken_for_a_destination(tenant: str, source: str) -> None:
    assert queue_destination(source_queue(TenantId(tenant), source)) is None


@pytest.mark.parametrize(
    ("slots", "share"), [(1, 1), (3, 1), (4, 1), (8, 2), (64, 16), (100, 25)]
)
def test_a_destination_gets_a_quarter_of_the_slots(slots: int, share: int) -> None:
    assert share_of(slots) == share


def test_only_a_strict_service_puts_its_cases_into_a_line() -> None:
    assert line_of(service()) == ""
    assert line_of(service(order=Order.STRICT)) == f"service:{WOHNGELD}"
    assert source_queue(DEFAULT_TENANT, "a") != source_queue(TenantId("b"), "a")
