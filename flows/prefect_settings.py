"""What Prefect's processes are told: environments as values, measured to pay."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

POOL: Final = "amtsweg-ops"
HOST: Final = "127.0.0.1"
PREFIX: Final = "PREFECT_"
RUNS_KEPT: Final = "P30D"
EVENTS_KEPT: Final = "P3D"
_AUTH: Final = "PREFECT_API_AUTH_STRING"

_EVERYBODY: Final = {
    # Nothing about this installation goes to Prefect's makers.
    "DO_NOT_TRACK": "1",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    # A server that nobody has asked for must not start by itself.
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}
_SERVER: Final = {
    "PREFECT_SERVER_API_HOST": HOST,
    "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # Afterwards the case page shows our own record of the run.
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": EVENTS_KEPT,
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": RUNS_KEPT,
    # One by one costs more than twice as much.
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "50",
}
_CLIENT: Final = {
    "PREFECT_API_REQUEST_TIMEOUT": "5",
    "PREFECT_CLIENT_MAX_RETRIES": "2",
    # A database that times out answers 500; the work is done all the same.
    "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500",
    "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
    # Log lines may hold what states and names never do.
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
}


def prefect_home(home: Path) -> Path:
    """Prefect's own folder below AMTSWEG_HOME."""
    return home / "prefect"


def api_url(port: int) -> str:
    """Of a server that ``amtsweg up`` has started."""
    return f"http://{HOST}:{port}/api"


def server_environment(home: Path, port: int, *, auth: str = "") -> dict[str, str]:
    """For ``prefect server start``; ``auth``: ``name:password`` that it demands."""
    own = {"PREFECT_SERVER_API_AUTH_STRING": auth} if auth else {}
    return (
        _EVERYBODY
        | _SERVER
        | own
        | {
            "PREFECT_HOME": str(prefect_home(home)),
            "PREFECT_SERVER_API_PORT": str(port),
            "PREFECT_API_URL": api_url(port),
        }
    )


def client_environment(home: Path, url: str, *, auth: str = "") -> dict[str, str]:
    """For workers, and for whoever else imports Prefect."""
    own = {_AUTH: auth} if auth else {}
    return (
        _EVERYBODY
        | _CLIENT
        | own
        | {"PREFECT_HOME": str(prefect_home(home)), "PREFECT_API_URL": url}
    )


def merged(inherited: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """Ours in place of whatever else speaks to Prefect."""
    kept = {
        name: value for name, value in inherited.items() if not name.startswith(PREFIX)
    }
    return kept | dict(ours)
