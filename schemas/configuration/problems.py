"""What is wrong with a configuration, and where: always with what to do."""

from dataclasses import dataclass
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str, ...]
"""Keys from the top of a file down: ``("connection", "base_url")``.

Elements of lists go by their position: ``("process", "2")``.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigProblem:
    """One thing that is wrong at a key of a file; its line is found later.

    Sentence and remedy may name keys, files and choices, but never repeat a
    value of ``[connection]``: it might be a secret in the wrong place.
    """

    path: KeyPath
    sentence: str
    remedy: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FileProblem:
    """One thing that is wrong at a line; line 0 is the file as a whole."""

    file: str
    line: int
    sentence: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.sentence} → {self.remedy}"
