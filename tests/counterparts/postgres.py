"""PostgreSQL for tests: find the running one, or start a private one."""

import asyncio
import contextlib
import getpass
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import asyncpg
from sqlalchemy.engine import URL, make_url

from tests.counterparts.ports import free_ports

VARIABLE: Final = "AMTSWEG_TEST_POSTGRES"
MISSING: Final = (
    "PostgreSQL is missing: start one on 127.0.0.1:5432 that trusts the user postgres,"
    f" name one in {VARIABLE}, or install the package postgresql"
)
_SETTINGS: Final = (
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=64MB",
)
_START_SECONDS: Final = 30.0


class PostgresMissing(RuntimeError):
    """There is no PostgreSQL to be used; tests fail rather than skip."""

    def __init__(self, detail: str = MISSING) -> None:
        super().__init__(detail)


def as_asyncpg(url: str) -> str:
    """The same address in the form that asyncpg itself takes."""
    plain = make_url(url).set(drivername="postgresql")
    return plain.render_as_string(hide_password=False)


def running() -> str | None:
    """URL of a server that lets us create databases, or None."""
    if named := os.environ.get(VARIABLE):
        return named
    for user in dict.fromkeys(["postgres", getpass.getuser()]):
        url = _url(user, 5432)
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            if runner.run(_may_create_databases(url)):
                return url
    return None


def _url(user: str, port: int) -> str:
    url = URL.create(
        "postgresql+asyncpg", user, host="127.0.0.1", port=port, database="postgres"
    )
    return url.render_as_string(hide_password=False)


async def _may_create_databases(url: str) -> bool:
    question = (
        "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
    )
    try:
        connection = await asyncpg.connect(as_asyncpg(url), timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    try:
        return bool(await connection.fetchval(question))
    finally:
        await connection.close()


def binaries() -> Path:
    """Folder of initdb and postgres. Raises PostgresMissing."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    found = [path for path in folders if (path / "initdb").exists()]
    if found:
        return max(found, key=lambda path: float(path.parent.name))
    if initdb := shutil.which("initdb"):
        return Path(initdb).parent
    raise PostgresMissing


class PrivatePostgres:
    """A server of our own with its own data, for tests that restart or kill it.

    Everything blocks: from a coroutine call it with ``asyncio.to_thread``.
    """

    def __init__(self) -> None:
        """Make the data folder; start() does the rest."""
        self._bin = binaries()
        self._folder = Path(tempfile.mkdtemp(prefix="amtsweg-postgres-"))
        [self._port] = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root.
        self._owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if self._owner:
            os.chown(self._folder, self._owner.pw_uid, self._owner.pw_gid)
        flags = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        self._initialise(["initdb", "--username=postgres", *flags, "-D", self._data])

    @property
    def url(self) -> str:
        """Address of its database ``postgres``, as superuser."""
        return _url("postgres", self._port)

    @property
    def pid(self) -> int:
        """The postmaster, for signals. Only while it is started."""
        return self._started.pid

    def start(self) -> None:
        """Start and wait until it answers."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            # After a kill the first start may find backends that still end.
            self._process = self._spawn()
            if self._answers(deadline):
                return
            self._process.wait()
            time.sleep(0.2)
        raise PostgresMissing(self._log.read_text(errors="replace")[-2000:])

    def stop(self) -> None:
        """Stop cleanly; open transactions are rolled back."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """What a power cut leaves: neither server nor backend ends its work."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        backends = children.read_text().split() if children.exists() else []
        self._end(signal.SIGKILL)
        for backend in backends:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(backend), signal.SIGKILL)

    def restart(self) -> None:
        """Stop cleanly and start on the same port with the same data."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop if started, and remove everything."""
        if self._process is not None:
            self._end(signal.SIGINT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    @property
    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            message = "this server is not started"
            raise RuntimeError(message)
        return self._process

    def _initialise(self, command: list[str]) -> None:
        self._process = self._run(command)
        code = self._process.wait()
        self._process = None
        if code:
            detail = self._log.read_text(errors="replace")[-2000:]
            self.close()
            raise PostgresMissing(detail)

    def _spawn(self) -> subprocess.Popen[bytes]:
        options = [part for setting in _SETTINGS for part in ("-c", setting)]
        place = ["-D", self._data, "-p", str(self._port), "-k", str(self._folder)]
        return self._run(["postgres", *place, *options])

    def _run(self, command: list[str]) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [str(self._bin / command[0]), *command[1:]],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._owner.pw_uid if self._owner else None,
                group=self._owner.pw_gid if self._owner else None,
                extra_groups=[] if self._owner else None,
                # Ctrl-C is for the tests; they stop this server in their order.
                start_new_session=True,
            )

    def _answers(self, deadline: float) -> bool:
        command = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1"]
        while self._started.poll() is None and time.monotonic() < deadline:
            ready = subprocess.run([*command, "-p", str(self._port)], check=False)
            if ready.returncode == 0:
                return True
            time.sleep(0.05)
        return False

    def _end(self, how: signal.Signals) -> None:
        process = self._started
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None


def main(arguments: list[str]) -> int:
    """Ask for a running server, or serve a private one until stdin ends."""
    try:
        if arguments == ["running"]:
            sys.stdout.write(f"{running() or ''}\n")
            return 0
        with PrivatePostgres() as server:
            sys.stdout.write(f"{server.url}\n")
            sys.stdout.flush()
            # Also when the one who holds the other end is killed.
            sys.stdin.buffer.read()
    except PostgresMissing as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
