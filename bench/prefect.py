"""A Prefect server for a run, as ``amtsweg up`` would start it."""

from bench.stage import Stage


async def prefect_server(stage: Stage) -> str:
    """Start it on a database of its own, deploy, and say where its API is."""
    raise NotImplementedError
