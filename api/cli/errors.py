"""What the command line says when something is wrong, and how it exits."""

import sys
import traceback
from typing import Final

from schemas import errors

OK: Final = 0
REFUSED: Final = 1
"""Refused, or not found."""
UNUSABLE: Final = 2
"""The command or the configuration cannot be used as it is."""
UNREACHED: Final = 3
"""Something does not answer, or only a part was done."""
INTERRUPTED: Final = 130

_UNUSABLE: Final = (
    errors.ConfigurationInvalid,
    errors.DatabaseNewer,
    errors.DatabaseOutdated,
    errors.KeyMissing,
    errors.SecretMissing,
    errors.StepsLacking,
    errors.UnknownTenant,
)
_UNREACHED: Final = (
    errors.CounterpartAway,
    errors.StorageBroken,
    errors.StorageFull,
)


def exit_code_of(error: Exception) -> int:
    """The exit code that an error stands for; a bug of ours counts as 3."""
    match error:
        case errors.EngineError() if isinstance(error, _UNUSABLE):
            return UNUSABLE
        case errors.EngineError() if isinstance(error, _UNREACHED):
            return UNREACHED
        case errors.EngineError():
            return REFUSED
        case _:
            return UNREACHED


def tell(error: Exception) -> None:
    """One sentence and what to do next, on stderr."""
    sys.stderr.write(f"{sentence_of(error)}\n")


def sentence_of(error: Exception) -> str:
    """Without the values of foreign exceptions: they may hold personal data."""
    if isinstance(error, errors.EngineError):
        return f"{error}\n→ {error.remedy}"
    last = traceback.extract_tb(error.__traceback__)[-1:]
    place = "".join(f" at {frame.filename}:{frame.lineno}" for frame in last)
    return (
        f"E-BUG: Something failed inside Amtsweg ({type(error).__name__}{place}).\n"
        "→ Report this line; `amtsweg doctor` shows what else is wrong."
    )
