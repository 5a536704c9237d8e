"""The course of one check: its stages with their times, and what they found."""

from importlib.metadata import version
from time import perf_counter
from types import TracebackType
from typing import Final, NoReturn, Self

from lxml import etree

from schemas.checking.rules import finding
from schemas.findings import (
    MAX_FINDINGS,
    CheckResult,
    Finding,
    PackRef,
    Passage,
    Severity,
    StageRun,
)

XML_ENGINES: Final = (
    ("lxml", ".".join(map(str, etree.LXML_VERSION[:3]))),
    ("libxml2", ".".join(map(str, etree.LIBXML_VERSION))),
)
JSON_ENGINES: Final = (("jsonschema-rs", version("jsonschema-rs")),)


class Stopped(Exception):
    """Further stages are senseless; the findings say why."""


class Course:
    """Gathers what becomes the result; one document, one thread."""

    def __init__(self, *, limit: float) -> None:
        """``limit`` is in seconds, for each stage."""
        self.pack: PackRef | None = None
        self.message = ""
        self.engines: tuple[tuple[str, str], ...] = ()
        self._limit = limit
        self._stages: list[StageRun] = []
        self._timed: list[tuple[str, float]] = []
        """Stages that went well, not yet among the others: most checks end so."""
        self._findings: list[Finding] = []
        self._left_out = 0
        self._stage = ""
        self._began = 0.0

    def stage(self, name: str) -> Self:
        """Times what happens inside; an exception out of it stops the check."""
        self._stage = name
        self._began = perf_counter()
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        took = perf_counter() - self._began
        if kind is None and took <= self._limit:
            self._timed.append((self._stage, took))
            return
        self._ran(self._stage, Passage.STOPPED, took)
        if kind is None:
            self.stop(finding("time-limit", detail=self._stage))

    def take_over(self, result: CheckResult) -> None:
        """Goes on where another check ended."""
        self.pack, self.message = result.pack, result.message
        self.engines = result.engines
        self._stages = list(result.stages)
        self._findings = list(result.findings)
        self._left_out = result.left_out

    def insert(self, run: StageRun, *, before: str) -> None:
        """A stage that ran elsewhere, in its place."""
        self._tell_timed()
        names = [stage.stage for stage in self._stages]
        place = names.index(before) if before in names else len(names)
        self._stages.insert(place, run)

    def skip(self, name: str, note: str) -> None:
        """A stage that does not apply here, or cannot."""
        self._ran(name, Passage.SKIPPED, 0.0, note)

    def find(self, found: Finding) -> None:
        """One thing more; beyond the limit, what decides pushes out a warning."""
        if len(self._findings) < MAX_FINDINGS:
            self._findings.append(found)
            return
        self._left_out += 1
        if self.takes(found.severity):
            warnings = [
                place
                for place, kept in enumerate(self._findings)
                if kept.severity is Severity.WARNING
            ]
            del self._findings[warnings[-1]]
            self._findings.append(found)

    def replace(self, detail: str, found: Finding) -> None:
        """A better word for what was found at the same place with this detail."""
        self._findings = [
            kept
            for kept in self._findings
            if kept.detail != detail or kept.path != found.path
        ]
        self.find(found)

    def takes(self, severity: Severity) -> bool:
        """Whether a finding like that would still be kept."""
        return len(self._findings) < MAX_FINDINGS or (
            severity is not Severity.WARNING
            and any(kept.severity is Severity.WARNING for kept in self._findings)
        )

    @property
    def room(self) -> int:
        """How many findings may still come."""
        return MAX_FINDINGS - len(self._findings)

    def leave_out(self, number: int) -> None:
        """That many more were seen and are not worth a sentence each."""
        self._left_out += number

    def stop(self, found: Finding) -> NoReturn:
        """Finds it, and ends the check."""
        self.find(found)
        raise Stopped

    def fail(self, error: BaseException) -> None:
        """An engine gave up; of its exception only the type may be told."""
        self.find(
            finding("check-failed", detail=f"{self._stage}: {type(error).__name__}")
        )

    def result(self) -> CheckResult:
        """Everything so far."""
        self._tell_timed()
        return CheckResult(
            pack=self.pack,
            message=self.message,
            engines=self.engines,
            stages=tuple(self._stages),
            findings=tuple(self._findings),
            left_out=self._left_out,
        )

    def _tell_timed(self) -> None:
        timed, self._timed = self._timed, []
        for name, took in timed:
            self._stages.append(_stage_run(name, Passage.DONE, took))

    def _ran(self, name: str, passage: Passage, took: float, note: str = "") -> None:
        self._tell_timed()
        self._stages.append(_stage_run(name, passage, took, note))


def _stage_run(name: str, passage: Passage, took: float, note: str = "") -> StageRun:
    return StageRun(
        stage=name, passage=passage, milliseconds=round(took * 1000, 3), note=note
    )
