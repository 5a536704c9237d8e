"""Prefect's client, without the requests whose answers we know already."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any, Final
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.context import AsyncClientContext, ContextModel
from prefect.events.related import RESOURCE_CACHE, ResourceCacheEntry
from prefect.events.worker import EventsWorker, ProcessPoolForwardingEventsClient
from prefect.settings import temporary_settings
from prefect.types import DateTime

from flows.prefect_engine.events import EventPost
from flows.prefect_engine.rest import Address

REQUEST_SECONDS: Final = 5.0


class FrugalClient(PrefectClient):
    """Saves 3 of the 7 requests of a run, and waits less for a busy server.

    Of a run that this process carries it knows everything: it has made it.
    """

    def __init__(self, address: Address) -> None:
        super().__init__(
            address.url,
            auth_string=address.auth or None,
            httpx_settings={
                "transport": address.transport(),
                "timeout": httpx.Timeout(REQUEST_SECONDS),
            },
        )
        self._carried: dict[UUID, FlowRun] = {}
        self._since = DateTime.now(UTC)

    @contextmanager
    def carrying(self, run: FlowRun) -> Iterator[None]:
        """While this process carries the run."""
        self._carried[run.id] = run
        # Else each event of a task looks up what it belongs to, and a process would
        # not end while the server hangs (measured: 100 s).
        about_flow: ResourceCacheEntry = {"kind": "flow", "object": None}
        RESOURCE_CACHE[f"flow.{run.flow_id}"] = (about_flow, self._since)
        try:
            yield
        finally:
            del self._carried[run.id]

    async def read_flow_run(self, flow_run_id: UUID) -> FlowRun:
        """Ours from memory: only we change it."""
        if (known := self._carried.get(flow_run_id)) is not None:
            return known
        return await super().read_flow_run(flow_run_id)

    async def update_flow_run(
        self,
        flow_run_id: UUID,
        *args: Any,  # noqa: ANN401 - as it is given, so it is passed on
        **changes: Any,  # noqa: ANN401 - as above
    ) -> httpx.Response:
        """Version and retry policy of ours stand in the deployment."""
        if flow_run_id in self._carried:
            return httpx.Response(httpx.codes.NO_CONTENT)
        return await super().update_flow_run(flow_run_id, *args, **changes)


class FrugalContext(AsyncClientContext):
    """Makes Prefect's engine use our client."""

    def __init__(self, client: PrefectClient) -> None:
        ContextModel.__init__(self, client=client)
        self._httpx_settings = None
        self._context_stack = 0


@contextmanager
def client_settings(address: Address, events: EventPost) -> Iterator[None]:
    """What Prefect's client must know here, whatever the environment says."""
    EventsWorker.set_client_override(
        ProcessPoolForwardingEventsClient, event_queue=events
    )
    settings = {
        "api.url": address.url,
        "api.auth_string": address.auth or None,
        "api.request_timeout": REQUEST_SECONDS,
        "client.csrf_support_enabled": False,
        "client.max_retries": 2,
        "client.retry_extra_codes": "500",
        "client.server_version_check_enabled": False,
        # Off: the lease of the worker is the heartbeat. No variable can say so.
        "flows.heartbeat_frequency": None,
        "logging.to_api.enabled": False,
        "results.persist_by_default": False,
        "server.ephemeral.enabled": False,
    }
    with temporary_settings(settings):
        yield
