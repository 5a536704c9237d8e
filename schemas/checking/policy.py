"""What a service wants of its documents."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from schemas.checking.claims import Claim, NoClaim

NO_CLAIM: Final = NoClaim()


class Unknown(Enum):
    """What becomes of a document that no pack of the service fits on that day."""

    QUARANTINE = "quarantine"
    """Often our configuration: somebody looks."""
    REFUSE = "refuse"
    ACCEPT = "accept"
    """As well-formed; the result says that no pack was applied."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckPolicy:
    """The part of a service's configuration that a check needs."""

    packs: tuple[str, ...] = ()
    """Ids or keys of the packs it takes; empty = any."""
    unknown: Unknown = Unknown.QUARANTINE
    claim: Claim = NO_CLAIM
    environment_test: bool | None = None
    """Whether this is a test installation; None = not said, nothing compared."""


def claimed(policy: CheckPolicy, claim: Claim) -> CheckPolicy:
    """With what the sender says of the document, unless the service says it."""
    if isinstance(policy.claim, NoClaim):
        return replace(policy, claim=claim)
    return policy
