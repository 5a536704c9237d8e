"""The whole way, from POST to archived, against the same effects without an engine.

python -m bench.pipeline [--quick] [--without-prefect]
"""

import argparse
import asyncio
import statistics
from contextlib import ExitStack
from typing import Final

from bench.contestants import (
    Contestant,
    engine,
    engine_worker,
    prepare,
    straight_line,
)
from bench.load import trickle
from bench.measure import (
    cpu_seconds,
    last_line,
    median,
    memory_mib,
    percentile,
    say,
    table,
)
from bench.prefect import prefect_server
from bench.rounds import Flood, Trickle, flooded, grow, trickled
from bench.stage import Stage

_ROUNDS: Final = 3
_WARM_UP: Final = 64
_GROWN: Final = 100_000
_IDLE_SECONDS: Final = 10.0
_P50, _P99 = 0.50, 0.99

Figures = dict[str, float]


class Sizes:
    """How much is measured."""

    def __init__(self, *, quick: bool) -> None:
        self.flood = 300 if quick else 1000
        self.slow = 40 if quick else 200
        self.fast = 100 if quick else 500


async def measure(
    stages: tuple[Stage, Stage], sizes: Sizes, *, with_prefect: bool
) -> Figures:
    """Everything, in one invocation."""
    ours, bare = stages
    specialist = await prepare(ours)
    url = await prefect_server(ours) if with_prefect else ""
    contestant = engine(ours, specialist, prefect=url)
    straight = straight_line(bare, await prepare(bare))
    for one in (contestant, straight):
        await trickled(one, _WARM_UP, per_second=30)
    figures = await _idle(ours)
    figures |= await _trickles(contestant, sizes)
    bare_figures = await _trickles(straight, sizes)
    if with_prefect:
        figures |= await _without_tasks(ours, sizes)
    figures |= await _floods((ours, contestant), (bare, straight), sizes)
    figures["memory_worker_mib"] = memory_mib(ours.pid("worker"))
    figures["memory_door_mib"] = memory_mib(ours.pid("door"))
    figures |= await _grown(ours, contestant, sizes)
    figures |= await _door_alone(ours, contestant, sizes)
    bare_figures |= await _door_alone(bare, straight, sizes)
    # Milliseconds mean little without those that this machine takes for the least.
    return figures | {f"straight_line_{name}": it for name, it in bare_figures.items()}


async def _idle(stage: Stage) -> Figures:
    pid = stage.pid("worker")
    before = cpu_seconds([pid])
    await asyncio.sleep(_IDLE_SECONDS)
    used = 100 * (cpu_seconds([pid]) - before) / _IDLE_SECONDS
    say(f"\nan idle worker: {used:.2f} % of a core")
    return {"idle_worker_percent": used}


async def _trickles(contestant: Contestant, sizes: Sizes) -> Figures:
    slow = await trickled(contestant, sizes.slow, per_second=4)
    fast = await trickled(contestant, sizes.fast, per_second=20)
    head = ("milliseconds", "p50", "p99")
    rows = [
        ("POST to archived at 4/s", *_both(slow.archived)),
        ("POST to archived at 20/s", *_both(fast.archived)),
        ("202 at 20/s, everything on the same cores", *_both(fast.accepted)),
    ]
    table(f"Latency: {contestant.name}", [head, *rows])
    return {
        "p50_ms_at_4": percentile(slow.archived, _P50),
        "p99_ms_at_4": percentile(slow.archived, _P99),
        "p50_ms_at_20": percentile(fast.archived, _P50),
        "p99_ms_at_20": percentile(fast.archived, _P99),
        "accept_p99_ms_loaded": percentile(fast.accepted, _P99),
    }


async def _without_tasks(stage: Stage, sizes: Sizes) -> Figures:
    stage.stop("worker")
    contestant = engine_worker(stage, tasks=False)
    await trickled(contestant, _WARM_UP, per_second=30)
    slow = await trickled(contestant, sizes.slow, per_second=4)
    shown = ("POST to archived at 4/s", *_both(slow.archived))
    table("Latency: without tasks in Prefect", [("milliseconds", "p50", "p99"), shown])
    stage.stop("worker")
    await trickled(engine_worker(stage, tasks=True), _WARM_UP, per_second=30)
    return {"p50_ms_at_4_without_tasks": percentile(slow.archived, _P50)}


async def _floods(
    ours: tuple[Stage, Contestant], bare: tuple[Stage, Contestant], sizes: Sizes
) -> Figures:
    engine_rounds: list[Flood] = []
    bare_rounds: list[Flood] = []
    for _ in range(_ROUNDS):
        # In turn: whatever else the machine does meets both.
        bare_rounds.append(await flooded(*bare, sizes.flood))
        engine_rounds.append(await flooded(*ours, sizes.flood))
    _show_floods(ours[1].name, engine_rounds, bare_rounds)
    total = median([one.total_ms for one in engine_rounds])
    straight = median([one.total_ms for one in bare_rounds])
    return {
        "cpu_ms_per_case": total,
        "straight_line_cpu_ms": straight,
        "ratio_cpu": total / straight,
        "cases_per_s": median([one.cases_per_s for one in engine_rounds]),
        "straight_line_cases_per_s": median([one.cases_per_s for one in bare_rounds]),
    }


async def _grown(stage: Stage, contestant: Contestant, sizes: Sizes) -> Figures:
    before = [(await flooded(stage, contestant, sizes.flood)).total_ms for _ in "12"]
    await grow(contestant, _GROWN)
    after = [(await flooded(stage, contestant, sizes.flood)).total_ms for _ in "12"]
    ratio = statistics.mean(after) / statistics.mean(before)
    say(f"\nwith {_GROWN:,} cases in the database: {ratio:.2f} times the CPU per case")
    return {"ratio_with_100000_cases": ratio}


async def _door_alone(stage: Stage, contestant: Contestant, sizes: Sizes) -> Figures:
    stage.stop("worker")
    alone: Trickle = await _accepted_only(contestant, sizes)
    shown = ("202 at 20/s, the door alone", *_both(alone.accepted))
    head = ("milliseconds", "p50", "p99")
    table(f"Latency: the door alone, {contestant.name}", [head, shown])
    return {"accept_p99_ms_alone": percentile(alone.accepted, _P99)}


async def _accepted_only(contestant: Contestant, sizes: Sizes) -> Trickle:
    posted = await trickle(contestant.door, sizes.fast, per_second=20)
    return Trickle(accepted=[1000 * one.took for one in posted], archived=[])


def _show_floods(name: str, ours: list[Flood], bare: list[Flood]) -> None:
    rows: list[tuple[object, ...]] = [("CPU ms per case", name, "straight line")]
    rows += [
        (
            process,
            median([one.cpu_ms.get(process, 0.0) for one in ours]),
            median([one.cpu_ms.get(process, 0.0) for one in bare]),
        )
        for process in sorted({*ours[0].cpu_ms, *bare[0].cpu_ms})
    ]
    rows.append(
        (
            "sum",
            median([one.total_ms for one in ours]),
            median([one.total_ms for one in bare]),
        )
    )
    rows.append(
        (
            "cases/s",
            median([one.cases_per_s for one in ours]),
            median([one.cases_per_s for one in bare]),
        )
    )
    table("Saturation (medians of three rounds, in turn)", rows)


def _both(values: list[float]) -> tuple[float, float]:
    return percentile(values, _P50), percentile(values, _P99)


def main() -> None:
    """Measure, print a table, and the figures as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a third of the cases")
    parser.add_argument("--without-prefect", action="store_true")
    given = parser.parse_args()
    with ExitStack() as stages:
        both = (stages.enter_context(Stage()), stages.enter_context(Stage()))
        figures = asyncio.run(
            measure(
                both, Sizes(quick=given.quick), with_prefect=not given.without_prefect
            )
        )
    last_line(figures)


if __name__ == "__main__":
    main()
