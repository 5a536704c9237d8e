"""What a service wants of the check: its packs, and what becomes of strangers."""

from dataclasses import dataclass
from enum import Enum

from schemas.checking.claims import Claim, NoClaim


class Unknown(Enum):
    """What becomes of a document that no pack of the service recognises."""

    QUARANTINE = "quarantine"
    """Somebody looks: it is often our configuration."""
    REFUSE = "refuse"
    ACCEPT = "accept"
    """Readable is enough; no schema is applied."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckPolicy:
    """How the documents of one service are checked."""

    packs: tuple[str, ...] = ()
    """Ids or keys of packs; empty: any that is installed."""
    unknown: Unknown = Unknown.QUARANTINE
    claim: Claim = NoClaim()
    environment_test: bool | None = None
    """Whether messages must say that they are a test; None: either is taken."""
