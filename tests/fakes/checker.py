"""Checkers for tests that are about other things, or about what follows a check."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from schemas.checking.check import check
from schemas.checking.policy import CheckPolicy
from schemas.findings import CheckResult
from schemas.packs.library import PackLibrary


class QuickChecker:
    """The check itself, but in the loop, without processes and without Schematron.

    Without packs any well-formed document is unknown.
    """

    def __init__(self, *places: Path) -> None:
        self._library = PackLibrary(places)

    async def check(
        self,
        chunks: AsyncIterator[bytes],
        *,
        size: int,
        media_type: str,
        policy: CheckPolicy,
        on: date,
    ) -> CheckResult:
        document = b"".join([chunk async for chunk in chunks])
        return check(
            document,
            media_type=media_type,
            library=self._library,
            policy=policy,
            on=on,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a checker was asked."""

    body: bytes
    size: int
    media_type: str
    policy: CheckPolicy
    on: date


class ScriptedChecker:
    """Comes to the results it was told, the last one again and again."""

    def __init__(self, *results: CheckResult) -> None:
        self._results = list(results)
        self.asked: list[Asked] = []

    async def check(
        self,
        chunks: AsyncIterator[bytes],
        *,
        size: int,
        media_type: str,
        policy: CheckPolicy,
        on: date,
    ) -> CheckResult:
        body = b"".join([chunk async for chunk in chunks])
        self.asked.append(
            Asked(body=body, size=size, media_type=media_type, policy=policy, on=on)
        )
        if len(self._results) > 1:
            return self._results.pop(0)
        return self._results[0]
