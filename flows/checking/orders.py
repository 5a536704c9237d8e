"""What a check process is asked, and what it answers, as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, TypeAlias
from uuid import UUID

from schemas.checking.claims import Claim, FormOf, NoClaim, SchemaUri
from schemas.checking.policy import CheckPolicy, Unknown
from schemas.findings import CheckResult, PackRef
from schemas.mapping.building import Built, Given
from schemas.schematron.stage import RulesRun

READY: Final = b"ready"


@dataclass(frozen=True, kw_only=True, slots=True)
class WholeCheck:
    """Everything: first the stages without Schematron, then that, where it is due."""

    media_type: str
    policy: CheckPolicy
    on: date
    limit: float
    """Seconds for the first part; after it and a moment the process ends itself."""
    rules_limit: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RulesCheck:
    """The Schematron rules of one pack."""

    pack: PackRef
    limit: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MapOrder:
    """A map of one pack; the document is a form's JSON, or the XML to be read back."""

    pack: PackRef
    file: str
    given: Given
    back: bool
    limit: float


Order: TypeAlias = WholeCheck | RulesCheck | MapOrder


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """The first part of a whole check."""

    result: CheckResult
    rules_follow: bool
    leaving: bool
    """The process ends itself now; another is started when one is needed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RulesChecked:
    """What Schematron says."""

    run: RulesRun
    leaving: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapped:
    """The XML that came of a form, or why there is none."""

    built: Built
    leaving: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class MappedBack:
    """The form behind a document; None where the way back does not lead there."""

    form: dict[str, Any] | None
    leaving: bool


Reply: TypeAlias = Checked | RulesChecked | Mapped | MappedBack


def to_json(value: Order | Reply) -> bytes:
    """For the pipe."""
    plain = {"kind": type(value).__name__, **asdict(value)}
    return json.dumps(plain, default=_plain).encode()


def order_from_json(body: bytes) -> Order:
    """By hand: a check process does without pydantic, and starts twice as fast."""
    plain = json.loads(body)
    if plain["kind"] == RulesCheck.__name__:
        return RulesCheck(pack=PackRef(**plain["pack"]), limit=plain["limit"])
    if plain["kind"] == MapOrder.__name__:
        return MapOrder(
            pack=PackRef(**plain["pack"]),
            file=plain["file"],
            given=_given(plain["given"]),
            back=plain["back"],
            limit=plain["limit"],
        )
    return WholeCheck(
        media_type=plain["media_type"],
        policy=_policy(plain["policy"]),
        on=date.fromisoformat(plain["on"]),
        limit=plain["limit"],
        rules_limit=plain["rules_limit"],
    )


def _given(plain: Mapping[str, Any]) -> Given:
    return Given(
        uuid=UUID(plain["uuid"]),
        at=datetime.fromisoformat(plain["at"]),
        words=plain["words"],
    )


def _policy(plain: Mapping[str, Any]) -> CheckPolicy:
    return CheckPolicy(
        packs=tuple(plain["packs"]),
        unknown=Unknown(plain["unknown"]),
        claim=_claim(plain["claim"]),
        environment_test=plain["environment_test"],
    )


def _claim(plain: Mapping[str, str]) -> Claim:
    match plain:
        case {"uri": uri}:
            return SchemaUri(uri=uri)
        case {"profile": profile, "id": form}:
            return FormOf(profile=profile, id=form)
        case _:
            return NoClaim()


def _plain(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError(type(value).__name__)
