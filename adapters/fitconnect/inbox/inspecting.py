"""Judging a submission: every problem there is, and whose matter each is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.fitconnect.events.problem_table import ProblemTable
from adapters.fitconnect.events.problems import problem
from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.inbox.failures import NothingProved
from adapters.fitconnect.inbox.settings import Limits
from adapters.fitconnect.inbox.wire import Fetched
from adapters.fitconnect.metadata.values import Metadata
from schemas.channels import Faulty, Inspection, Intact, Unclear
from schemas.limits import MAX_FILENAME_CHARACTERS
from schemas.states import Problem

# Control characters, and those that turn the direction of writing around.
_UNSEEN: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")
_OCTETS: Final = "application/octet-stream"
_LONGEST_URI: Final = 2_000


@dataclass(kw_only=True, slots=True)
class Notebook:
    """What was found so far, in the order in which it was found."""

    table: ProblemTable
    problems: list[Problem] = field(default_factory=list)
    doubt: str = ""

    def blame(self, code: str, *, location: str = "") -> None:
        """The sender must correct this."""
        self.note((problem(code, location=location, table=self.table),))

    def note(self, found: Sequence[Problem]) -> None:
        """The same of problems that are written already; each once."""
        self.problems += [one for one in found if one not in self.problems]

    def doubtful(self, code: str) -> None:
        """We must look; the first reason stands."""
        self.doubt = self.doubt or code

    def copy(self) -> "Notebook":
        """To go on from here more than once."""
        return Notebook(
            table=self.table, problems=list(self.problems), doubt=self.doubt
        )

    def inspection(self) -> Inspection:
        """Nobody is blamed while we have to look ourselves. Raises NothingProved.

        So what is unclear is complete, and may be accepted by a person's decision.
        """
        if self.doubt and self.problems:
            raise NothingProved
        if self.doubt:
            return Unclear(code=self.doubt)
        return Faulty(problems=tuple(self.problems)) if self.problems else Intact()


def compare_announced(
    fetched: Fetched, tags: Tags | None, limits: Limits, notebook: Notebook
) -> None:
    """Attachments of the submission against those of the event log."""
    listed = fetched.attachments
    is_distinct = len(set(listed)) == len(listed)
    if tags is not None and (set(listed) != set(tags.attachments) or not is_distinct):
        notebook.blame("fit-attachments-announced")
    if len(listed) > limits.attachments:
        notebook.blame("fit-attachments-too-many")


def compare_described(fetched: Fetched, metadata: Metadata, notebook: Notebook) -> None:
    """What the submission has against what the metadata say."""
    if metadata.uploads != set(fetched.attachments):
        notebook.blame("fit-attachments-described")
    if metadata.service and fetched.service and metadata.service != fetched.service:
        notebook.blame("fit-service-mismatch")


def safe_filename(theirs: str, *, number: int) -> str:
    """For people to read; never a path."""
    seen = _UNSEEN.sub("", theirs).strip()[:MAX_FILENAME_CHARACTERS]
    return seen or f"anlage-{number}"


def safe_media_type(theirs: str) -> str:
    """The media type without parameters, if it is one."""
    named = theirs.partition(";")[0].strip().lower()
    return named if _MEDIA_TYPE.fullmatch(named) else _OCTETS


def safe_uri(theirs: str) -> str:
    """A schema's address to be looked up; too long a one names none."""
    seen = _UNSEEN.sub("", theirs)
    return seen if len(seen) <= _LONGEST_URI else ""
