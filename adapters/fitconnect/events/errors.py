"""What is wrong with events; no message holds anything of a token.

TagsMalformed      Ours  these are no authentication tags
ClaimsMalformed    Ours  the claims are not those of a security event token
KeyNotPublished    Ours  the issuer publishes no such key
LogInconsistent    Ours  the event log of a submission contradicts itself
"""

from enum import Enum

from schemas.errors import Ours


class TagsMalformed(Ours):
    """``detail`` names the member that is wrong."""

    code = "E-FIT-TAGS"
    sentence = "These are no authentication tags."
    remedy = "Nothing was believed; report the submission to FIT-Connect's support."


class ClaimsMalformed(Ours):
    """``detail`` names the claim that is wrong."""

    code = "E-FIT-SET"
    sentence = "This is no security event token of FIT-Connect."
    remedy = "Nothing was believed; report the submission to FIT-Connect's support."


class KeyNotPublished(Ours):
    """Raised by a KeySource: the issuer answered, and has no key of this id."""

    code = "E-FIT-KEY-UNPUBLISHED"
    sentence = "A token was signed with a key that its issuer does not publish."
    remedy = "Old signature keys stay published; ask the destination's owner."


class Flaw(Enum):
    """Why a log proves nothing about a submission."""

    UNREADABLE = "unreadable"
    """No compact JWS, a header or claims that a SET must not have, too large."""
    FOREIGN_ISSUER = "foreign-issuer"
    """Neither the service nor this destination."""
    WRONG_AUTHOR = "wrong-author"
    """An event that its issuer may not write."""
    UNKNOWN_KEY = "unknown-key"
    """The issuer publishes no key of this id, or none to verify with."""
    SIGNATURE = "signature"
    FUTURE = "future"
    """Issued later than now, beyond the tolerated skew."""
    OTHER_CASE = "other-case"
    """Its case is not the one that was asked for, or changes within the log."""
    ID_TWICE = "id-twice"
    """Two different events under the same id."""
    NO_SUBMIT = "no-submit"
    MANY_SUBMITS = "many-submits"
    NO_TAGS = "no-tags"
    TAGS_DIFFER = "tags-differ"
    """An acceptance names other tags than the submission had."""

    @property
    def is_structural(self) -> bool:
        """FIT-Connect's ``invalid-event-log``: every token verifies, and yet."""
        return self in {Flaw.NO_SUBMIT, Flaw.MANY_SUBMITS, Flaw.NO_TAGS}

    @property
    def may_pass(self) -> bool:
        """A key that was published just now, or our own clock: time may mend it."""
        return self in {Flaw.UNKNOWN_KEY, Flaw.FUTURE}


class LogInconsistent(Ours):
    """``flaws`` says why; ``detail`` names them."""

    code = "E-FIT-LOG"
    sentence = "The event log of a submission contradicts itself or does not verify."
    remedy = "Look at `amtsweg fitconnect trace`; nothing of it was believed."

    def __init__(self, detail: str = "", *, flaws: frozenset[Flaw]) -> None:
        """``detail`` is made of the flaws where it is missing."""
        self.flaws = flaws
        super().__init__(detail or ", ".join(sorted(flaw.value for flaw in flaws)))

    @property
    def is_structural(self) -> bool:
        """Whether it may be told as ``invalid-event-log``.

        A token that does not verify is no fault that a sender could correct.
        """
        return all(flaw.is_structural for flaw in self.flaws)
