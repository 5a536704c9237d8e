"""What an operator can set for a folder, and how it is read."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from schemas.fields import Fields
from schemas.limits import CALL_DEADLINE


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderConnection:
    """Never frozen: where the folder is."""

    path: Path
    """A relative one lies in AMTSWEG_HOME and is made when missing; an absolute one
    belongs to somebody else and must be there."""
    mount_point: tuple[Path, ...]
    """Must be mounted: else we would fill the empty folder underneath it."""
    deadline: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderMapping:
    """Frozen with a case: a set of files has only one form so far."""


def parse_mapping(_fields: Fields) -> FolderMapping:
    """There is nothing to set; whatever is set is a problem."""
    return FolderMapping()


def parse_connection(fields: Fields) -> FolderConnection:
    """Read ``[connection]``; problems are noted in ``fields``."""
    path = Path(fields.text("path"))
    if ".." in path.parts or "\0" in str(path):
        fields.wrong("path", "The path leads upwards.", "Write it without `..`.")
    mount = fields.text("mount_point", "")
    if mount and not Path(mount).is_absolute():
        fields.wrong("mount_point", "It is no absolute path.", "Begin with `/`.")
    elif mount and not path.is_relative_to(mount):
        fields.wrong("mount_point", "`path` does not lie below it.", "Compare both.")
    most = CALL_DEADLINE.total_seconds()
    seconds = fields.number("deadline", default=most, least=0.1, most=most)
    return FolderConnection(
        path=path,
        mount_point=(Path(mount),) if mount else (),
        deadline=timedelta(seconds=seconds),
    )
