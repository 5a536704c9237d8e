"""Interim."""

from collections.abc import AsyncIterator
from datetime import date

from schemas.checking.policy import CheckPolicy
from schemas.findings import CheckResult, Finding, Severity
from schemas.wellformed import JsonCheck, WellFormedCheck, XmlCheck


class InterimChecker:
    """In the loop, without packs."""

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
