"""References to secrets: configuration says where a secret is, never what it is."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

REMEDY: Final = (
    "Write `env:NAME` for an environment variable or `file:PATH` for a file that "
    "holds the secret."
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class FromEnvironment:
    """The secret is the value of this environment variable."""

    variable: str

    def __str__(self) -> str:
        return f"env:{self.variable}"


@dataclass(frozen=True, kw_only=True, slots=True)
class FromFile:
    """The secret is what this file holds; a relative path lies in AMTSWEG_HOME."""

    path: Path

    def __str__(self) -> str:
        return f"file:{self.path}"


SecretReference: TypeAlias = FromEnvironment | FromFile


def parse_reference(text: str) -> SecretReference | None:
    """Read ``env:NAME`` or ``file:PATH``; None for anything else."""
    scheme, _, rest = text.partition(":")
    if scheme == "env" and _VARIABLE.fullmatch(rest):
        return FromEnvironment(variable=rest)
    if scheme == "file" and rest.strip() and "\0" not in rest:
        return FromFile(path=Path(rest))
    return None
