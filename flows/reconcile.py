"""Entry of the flow reconcile, for operators."""

from typing import Any

from prefect import State, flow

from flows.prefect_engine.operations import reconcile_now


@flow(name="reconcile", persist_result=False)
async def reconcile() -> State[Any]:
    """Schließt Läufe, an denen kein lebender Arbeitsprozess mehr arbeitet."""
    return await reconcile_now()
