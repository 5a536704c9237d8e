"""Secrets out of environment variables and files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemas.errors import SecretMissing
from schemas.limits import KIB
from schemas.secrets import FromEnvironment, FromFile, SecretReference

MAX_SECRET_BYTES: Final = 64 * KIB


@dataclass(frozen=True, kw_only=True, slots=True)
class MachineSecrets:
    """Reads them anew each time, so that rotating one needs no restart."""

    environ: Mapping[str, str]
    home: Path

    def read(self, reference: SecretReference) -> str:
        """The secret without its line end. Raises SecretMissing."""
        match reference:
            case FromEnvironment(variable=variable):
                secret = self.environ.get(variable, "")
            case FromFile(path=path):
                secret = self._file(path, reference)
        if not secret:
            raise SecretMissing(str(reference))
        return secret

    def _file(self, path: Path, reference: SecretReference) -> str:
        try:
            with (self.home / path).open("rb") as file:
                return file.read(MAX_SECRET_BYTES).decode().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SecretMissing(str(reference)) from error
