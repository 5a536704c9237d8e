"""Checkers for tests that are about other things, or about what follows a check."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date

from schemas.checking.policy import CheckPolicy
from schemas.findings import CheckResult, Finding, Severity
from schemas.wellformed import JsonCheck, WellFormedCheck, XmlCheck


class QuickChecker:
    """In the loop and without packs: any well-formed document is taken."""

    async def check(
        self,
        chunks: AsyncIterator[bytes],
        *,
        size: int,
        media_type: str,
        policy: CheckPolicy,
        on: date,
    ) -> CheckResult:
        parser: WellFormedCheck = JsonCheck() if "json" in media_type else XmlCheck()
        async for chunk in chunks:
            parser.feed(chunk)
        return CheckResult(
            pack=None,
            message="",
            engines=(),
            stages=(),
            findings=tuple(
                Finding(
                    rule="not-wellformed",
                    severity=Severity.ERROR,
                    german=one.german,
                    english=one.english,
                )
                for one in parser.close()
            ),
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
