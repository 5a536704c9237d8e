"""Entry of the flow replay, for operators."""

from typing import Any

from prefect import State, flow

from flows.prefect_engine.operations import follow_job


@flow(name="replay", persist_result=False)
async def replay(job: str) -> State[Any]:
    """Zeigt, wie weit eine geplante Wiederholung ist, bis sie endet.

    Args:
        job: Kennung, die `amtsweg delivery replay` genannt hat.
    """
    return await follow_job(job)
