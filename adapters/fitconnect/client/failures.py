"""What FIT-Connect's interfaces fail with: who has to act, and a code for each.

ApiFailure
├── FitAway (CounterpartAway)      waiting helps, or an administrator does
│   ├── Unreachable NoAnswerInTime BrokenOff Busy ServerError StrangeAnswer TooMuch
│   ├── LoginRefused ScopeRefused NotLinked
│   └── DestinationInactive
├── FitRefused (SenderMustCorrect) they looked at it and refused it
│   └── Conflicting TooLarge
└── FitOurs (Ours)                 we must look
    ├── RequestWrong PayloadSchemaRefused
    └── NotThere: SubmissionNotThere DestinationNotThere KeyNotThere

Refused credentials count as away, as with every counterpart of ours: nothing is
lost, no case may suffer for it, and it goes on as soon as somebody has mended them.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from schemas.errors import CounterpartAway, EngineError, Ours, SenderMustCorrect


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiProblem:
    """Their answer's status and problem (RFC 7807); the texts are hostile."""

    status: int = 0
    """0 where there was no answer."""
    type: str = ""
    title: str = ""

    @property
    def name(self) -> str:
        """The last part of the type: ``submission-not-found``, say."""
        return self.type.rpartition("/")[2]


NO_ANSWER: Final = ApiProblem()


class ApiFailure(EngineError):
    """Carries what they said for whoever decides; the message holds none of it."""

    whole_destination: ClassVar[bool] = False
    """Nothing else could pass there now."""

    def __init__(
        self,
        detail: str = "",
        *,
        problem: ApiProblem = NO_ANSWER,
        sent: bool = True,
        retry_after: float = 0.0,
    ) -> None:
        """``sent``: they may have it. ``retry_after``: seconds, as they wished."""
        self.problem = problem
        self.sent = sent
        self.retry_after = retry_after
        super().__init__(detail)


class FitAway(ApiFailure, CounterpartAway):
    code = "E-FIT-AWAY"
    sentence = "FIT-Connect does not answer as it should."


class Unreachable(FitAway):
    """``detail`` is ours: DNS, TLS, refused or timeout."""

    code = "E-FIT-UNREACHABLE"
    sentence = "FIT-Connect cannot be reached."
    remedy = "Look at address, firewall and proxy; Amtsweg tries again by itself."
    whole_destination = True


class NoAnswerInTime(FitAway):
    code = "E-FIT-TIMEOUT"
    sentence = "FIT-Connect did not answer in time."


class BrokenOff(FitAway):
    code = "E-FIT-BROKEN"
    sentence = "The connection to FIT-Connect broke off."


class Busy(FitAway):
    code = "E-FIT-BUSY"
    sentence = "FIT-Connect wants fewer requests, or is out of service."


class ServerError(FitAway):
    code = "E-FIT-SERVER-ERROR"
    sentence = "FIT-Connect failed inside."


class StrangeAnswer(FitAway):
    """A page of some gateway, no JSON, too much of it."""

    code = "E-FIT-STRANGE"
    sentence = "What answered did not answer as FIT-Connect does."
    remedy = "Look at the addresses in `[connection]` and at proxies in between."


class TooMuch(StrangeAnswer):
    """There is more than whoever asked wants to read."""


class LoginRefused(FitAway):
    code = "E-FIT-LOGIN"
    sentence = "FIT-Connect refuses client_id and client_secret."
    remedy = "Compare them with the Self-Service-Portal, or make a new secret there."
    whole_destination = True


class ScopeRefused(FitAway):
    code = "E-FIT-SCOPE"
    sentence = "FIT-Connect gives this client no token: no right is assigned to it."
    remedy = "Assign it to the destination in the Self-Service-Portal."
    whole_destination = True


class NotLinked(FitAway):
    code = "E-FIT-NOT-LINKED"
    sentence = "This client may not do that: it is not linked to the destination."
    remedy = "Link it to the destination in the Self-Service-Portal."
    whole_destination = True


class DestinationInactive(FitAway):
    code = "E-FIT-DESTINATION-INACTIVE"
    sentence = "The destination takes no submissions at present."
    remedy = "Whoever owns it has to activate it; Amtsweg tries again by itself."
    whole_destination = True


class FitRefused(ApiFailure, SenderMustCorrect):
    code = "E-FIT-REFUSED"
    sentence = "FIT-Connect refuses what was sent."
    remedy = "Look at the case; the same cannot be sent again."


class Conflicting(FitRefused):
    code = "E-FIT-CONFLICT"
    sentence = "FIT-Connect has something that contradicts this."


class TooLarge(FitRefused):
    code = "E-FIT-TOO-LARGE"
    sentence = "FIT-Connect takes nothing as large as this."


class FitOurs(ApiFailure, Ours):
    code = "E-FIT-OURS"
    sentence = "What Amtsweg asked of FIT-Connect cannot be."


class RequestWrong(FitOurs):
    code = "E-FIT-REQUEST"
    sentence = "FIT-Connect does not understand what Amtsweg asks."
    remedy = "Compare `version` with the destination; otherwise report this."


class PayloadSchemaRefused(FitOurs):
    code = "E-FIT-SET-SCHEMA"
    sentence = "FIT-Connect does not support the schema of Amtsweg's answers any more."
    remedy = "Set `set_schema` to what the service's own events name in `$schema`."


class NotThere(FitOurs):
    code = "E-FIT-NOT-FOUND"
    sentence = "FIT-Connect does not know what Amtsweg asks for."
    remedy = "Compare the addresses and ids in `[connection]`."


class SubmissionNotThere(NotThere):
    code = "E-FIT-SUBMISSION-UNKNOWN"
    sentence = "FIT-Connect does not have this submission any more."
    remedy = "Nothing: it was answered, rejected or deleted there."


class DestinationNotThere(NotThere):
    code = "E-FIT-DESTINATION-UNKNOWN"
    sentence = "FIT-Connect does not know this destination."
    remedy = "Compare `destination` with the Self-Service-Portal."


class KeyNotThere(NotThere):
    code = "E-FIT-KEY-UNKNOWN"
    sentence = "FIT-Connect does not publish the key that was asked for."
    remedy = "Run `amtsweg fitconnect check`; publish the key if it is ours."
