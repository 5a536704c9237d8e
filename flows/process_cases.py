"""Entry of the flow process-cases, for the worker and for Prefect's own pages."""

import os
from pathlib import Path
from typing import Any

from prefect import State, flow

from flows.prefect_engine.bodies import process


# Nowhere to write a result to: saves two requests a run, and nothing leaks.
@flow(
    name="process-cases",
    persist_result=False,
    result_storage=Path(os.devnull),
    validate_parameters=False,
    retries=0,
)
async def process_cases(batch: str = "", worker: str = "") -> State[Any]:
    """Bearbeitet fällige Vorgänge.

    Ohne Angaben gestartet, bearbeitet ein Lauf einmal, was fällig ist. Abbrechen und
    Wiederholen wirken auf keinen Vorgang; das geht nur in Amtsweg.
    """
    del worker
    return await process(batch)
