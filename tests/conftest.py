"""Fixtures for everybody: databases, and an environment that is nobody's."""

import gc
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer

from tests.counterparts.databases import (
    PostgresDatabases,
    migrated_sqlite,
)
from tests.counterparts.databases import (
    sqlite_url as url_of_sqlite,
)
from tests.counterparts.postgres import MISSING, VARIABLE, running
from tests.counterparts.prefect import prefect_server
from tests.engines import quick_engine
from tests.promises import FILES, MARKER
from tests.scheduling import LONGEST, ByFile

__all__ = ["prefect_server"]

ROOT = Path(__file__).resolve().parents[1]
REPEATING = (
    "acceptance/test_destinations_away",
    "acceptance/test_destinations_bad_cases",
    "acceptance/test_destinations_hanging",
    "acceptance/test_destinations_replay",
    "architecture/",
    "crash/",
    "integration/test_schema_add_real",
    "unit/adapters/test_http_bodies",
    "unit/api/test_json_scan",
    "unit/api/test_multipart",
    "unit/api/test_xml_scan",
    "unit/checking/test_any_bytes",
    "unit/checking/test_two_engines",
    "unit/cli/test_json_lines",
    "unit/cli/test_output",
    "unit/configuration/test_lines",
    "unit/configuration/test_snapshot",
    "unit/fitconnect/jose/test_jwe_memory",
    "unit/fitconnect/metadata/test_verdicts",
    "unit/packs/test_manifest_file",
    "unit/sources/test_watches",
    "unit/storage/test_codec",
    "unit/storage/test_manifest",
)
"""Thousands of cases that take ways which others take once; and who runs nothing."""
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
PARENT_PROFILE = settings.get_profile("ci" if os.environ.get("CI") else "default")
# Machines are shared: how long an example takes says nothing about it.
settings.register_profile("amtsweg", PARENT_PROFILE, deadline=None)
settings.load_profile("amtsweg")


def pytest_configure(config: pytest.Config) -> None:
    """Keep out of the tests what the user has set, and how they were started."""
    # In the background of a shell Ctrl-C is ignored, and by all who are started here.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in list(os.environ):
        if name.startswith(("AMTSWEG_", "PREFECT_")) and name != VARIABLE:
            del os.environ[name]
    home = tempfile.mkdtemp(prefix="amtsweg-prefect-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ["PREFECT_HOME"] = home
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    # Nor does Prefect start a server that no test has asked for.
    os.environ["PREFECT_SERVER_EPHEMERAL_ENABLED"] = "false"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; and which of them show what must be withstood."""
    items.sort(key=lambda item: item.path != ROOT / LONGEST)
    for item in items:
        if _place(item) in FILES:
            item.add_marker(MARKER)


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: nobody need look whether they are waste."""
    gc.freeze()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """In place of xdist's own ways to distribute tests."""
    return ByFile(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Being measured makes Python 3.11 half as quick; repetition teaches nothing.

    Instead of the marker ``no_cover``: in processes of xdist it stops nothing.
    """
    if not _repeats(item):
        return (yield)
    here, in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        threading.settrace(in_threads)
        sys.settrace(here)


def _repeats(item: pytest.Item) -> bool:
    """Also what runs on both databases: its way through SQLite is that of others."""
    call = getattr(item, "callspec", None)
    is_again = call is not None and "sqlite" in call.params.values()
    return is_again or _place(item).startswith(REPEATING)


def _place(item: pytest.Item) -> str:
    return item.path.relative_to(ROOT / "tests").as_posix()


@pytest.fixture(scope="session", autouse=True)
def _quick_engines() -> Iterator[None]:
    """Statements are written once a process, not once a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storage.database.create_async_engine", quick_engine)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """A server on which databases may be made; its absence is a failure."""
    url = running()
    if url is None:
        pytest.fail(f"{MISSING}; script/test does it", pytrace=False)
    return url


@pytest.fixture(scope="session")
def postgres_databases(
    postgres_server: str, worker_id: str
) -> Iterator[PostgresDatabases]:
    """Makes fresh databases, for tests that need more than one."""
    with PostgresDatabases(postgres_server, worker_id) as databases:
        yield databases


@pytest.fixture
def postgres_url(postgres_databases: PostgresDatabases) -> Iterator[str]:
    """An empty, migrated PostgreSQL database of this test alone."""
    url = postgres_databases.fresh()
    yield url
    postgres_databases.give_back(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    return migrated_sqlite(tmp_path_factory.mktemp("sqlite") / "template.sqlite3")


@pytest.fixture
def sqlite_url(sqlite_template: Path) -> Iterator[str]:
    """A fresh, migrated SQLite file of this test alone.

    In memory where there is such a place: what kills a process does not empty it,
    and no test has to wait for a disk.
    """
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="amtsweg-") as folder:
        path = Path(folder) / "amtsweg.sqlite3"
        shutil.copy(sqlite_template, path)
        yield url_of_sqlite(path)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The same test on both databases."""
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference data beside the checkout; the only reason to skip a test."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the reference data folder ../shared is not there")
    return folder
