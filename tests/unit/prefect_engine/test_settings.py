"""What Prefect's processes are told is understood by the pinned Prefect."""

from datetime import timedelta
from pathlib import Path

import pytest
from prefect.settings import Settings
from prefect.settings.legacy import (
    _get_settings_fields,
)

from flows.prefect_settings import (
    client_environment,
    merged,
    server_environment,
)

HOME = Path("/var/lib/amtsweg")
SERVER = server_environment(HOME, 4200, auth="name:password")
CLIENT = client_environment(HOME, "http://127.0.0.1:4200/api", auth="name:password")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Settings:
    return _settings(SERVER, monkeypatch)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Settings:
    return _settings(CLIENT, monkeypatch)


def _settings(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings()


@pytest.mark.parametrize("environment", [SERVER, CLIENT], ids=["server", "client"])
def test_prefect_knows_every_name(environment: dict[str, str]) -> None:
    names = {name for name in environment if name.startswith("PREFECT_")}

    assert names - set(_get_settings_fields(Settings)) == set()


def test_the_server_listens_to_this_machine_only(server: Settings) -> None:
    assert server.server.api.host == "127.0.0.1"


def test_runs_are_kept_thirty_days_and_events_three(server: Settings) -> None:
    vacuum = server.server.services.db_vacuum

    assert {"events", "flow_runs"} <= vacuum.enabled_vacuum_types
    assert vacuum.retention_period == timedelta(days=30)
    assert server.server.events.retention_period == timedelta(days=3)


def test_nothing_is_told_to_the_makers(server: Settings, client: Settings) -> None:
    assert not server.server.analytics_enabled
    assert SERVER["DO_NOT_TRACK"] == CLIENT["DO_NOT_TRACK"] == "1"


def test_clients_wait_briefly_and_repeat_little(client: Settings) -> None:
    assert client.api.request_timeout == 5
    assert client.client.max_retries == 2
    assert client.client.retry_extra_codes == {500}


def test_neither_logs_nor_results_leave_the_process(client: Settings) -> None:
    assert not client.logging.to_api.enabled
    assert not client.results.persist_by_default


def test_prefects_own_state_lives_below_ours(server: Settings) -> None:
    assert server.home == HOME / "prefect"


def test_what_the_user_tells_prefect_elsewhere_is_left_behind() -> None:
    told = merged({"PATH": "/bin", "PREFECT_API_URL": "http://elsewhere/api"}, {})

    assert told == {"PATH": "/bin"}
