"""What whoever runs Amtsweg may set from outside: read when asked for, then a value."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from schemas.configuration.problems import FileProblem
from schemas.errors import ConfigurationInvalid
from schemas.limits import CHECK_PROCESSES, SLOTS
from schemas.services import Mode

PREFIX: Final = "AMTSWEG_"
DRIVERS: Final = {
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
}
_HIGHEST_PORT: Final = 65_535
_REMEDY: Final = "Correct or unset the variable; docs/operations.md lists them all."

Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
"""Absolute from the start: other processes have other current folders."""
Port = Annotated[int, Field(ge=1, le=_HIGHEST_PORT)]


class Settings(BaseSettings):
    """Environment variables with the prefix AMTSWEG_; everything has a default."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Folder = Field(default_factory=lambda: Path("var").absolute())
    """All state lives below, unless another place is named for a part of it."""
    config: Folder | None = None
    keys: Folder | None = None
    vault: Folder | None = None
    archive: Folder | None = None
    packs: Folder | None = None
    database_url: SecretStr = SecretStr("")
    """Empty: SQLite in ``home``. Secret, since it may hold a password."""
    mode: Mode = Mode.TRIAL
    """``production`` here makes it so, whatever installation.toml says."""

    host: str = "127.0.0.1"
    port: Port = 8090
    slots: Annotated[int, Field(ge=1, le=1024)] = SLOTS
    check_processes: Annotated[int, Field(ge=1, le=64)] = CHECK_PROCESSES
    """For rules that may run away, and for big documents; started when needed."""

    prefect_url: str = ""
    """Of the Prefect server's API; empty: ``work`` shows its runs nowhere."""
    prefect_auth: SecretStr = SecretStr("")
    """``name:password`` of that server."""
    prefect_tasks: bool = True
    """Whether a case that is worked on alone shows its effects as tasks of the run."""
    prefect_port: Port = 4200
    """Where ``up`` starts its own."""
    specialist_port: Port = 8093
    """Where ``up --demo`` starts its specialist system."""
    fitconnect_port: Port = 8094
    """Where ``up --demo`` starts its FIT-Connect."""

    @property
    def database(self) -> str:
        """The database's URL with the driver we use."""
        given = self.database_url.get_secret_value()
        if not given:
            return f"{DRIVERS['sqlite']}:///{self.home / 'amtsweg.db'}"
        return given

    @property
    def config_folder(self) -> Path:
        """Services and destinations."""
        return self.config or self.home / "config"

    @property
    def keys_folder(self) -> Path:
        """Key-encryption keys."""
        return self.keys or self.home / "keys"

    @property
    def vault_folder(self) -> Path:
        """Documents above the size that the database holds."""
        return self.vault or self.home / "vault"

    @property
    def archive_folder(self) -> Path:
        """Finished packages."""
        return self.archive or self.home / "archive"

    @property
    def packs_folder(self) -> Path:
        """The operator's schema packs; ours come with the program."""
        return self.packs or self.home / "packs"

    @property
    def logs_folder(self) -> Path:
        """What the children of ``up`` say."""
        return self.home / "log"


def read_settings() -> Settings:
    """From the environment. Raises ConfigurationInvalid, naming every variable."""
    try:
        settings = Settings()
    except ValidationError as error:
        raise ConfigurationInvalid(
            problems=tuple(
                _problem(str(one["loc"][0]), f"It cannot be used: {one['msg']}.")
                for one in error.errors(include_input=False, include_url=False)
            )
        ) from None
    return settings.model_copy(update={"database_url": _with_driver(settings)})


def _with_driver(settings: Settings) -> SecretStr:
    given = settings.database_url.get_secret_value()
    if not given:
        return settings.database_url
    try:
        url = make_url(given)
        driver = DRIVERS[url.get_backend_name()]
    except (ArgumentError, KeyError, ValueError):
        sentence = "It is no address of a PostgreSQL or SQLite database."
        raise ConfigurationInvalid(
            problems=(_problem("database_url", sentence),)
        ) from None
    named = url.set(drivername=driver)
    return SecretStr(named.render_as_string(hide_password=False))


def _problem(field: str, sentence: str) -> FileProblem:
    return FileProblem(
        file=f"{PREFIX}{field.upper()}", line=0, sentence=sentence, remedy=_REMEDY
    )
